namespace Longwire.Samples.StatusFeed;

/// <summary>The other end: follows the jobs across restarts of the server, and sends it a command.</summary>
internal static class StatusClient
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(10);

    /// <summary>Prints each job's status as it changes, until it is cancelled.</summary>
    internal static async Task WatchAsync(string server, TextWriter output, CancellationToken cancellation)
    {
        await using var client = new FeedClient(new FeedClientOptions { Servers = [server] });
        await foreach (FeedUpdate update in client.Subscribe("status/#", cancellation: cancellation))
        {
            await output.WriteLineAsync(update.Kind switch
            {
                FeedUpdateKind.Value => $"{update.Topic} {update.Text}",
                FeedUpdateKind.Complete => "# that is all there is; changes follow",
                FeedUpdateKind.Restarted => "# the server was started anew",
                _ => $"# {update}",
            });
            await output.FlushAsync(cancellation);
        }
    }

    /// <summary>Sends a command; what the server says.</summary>
    internal static async Task<string> CommandAsync(string server, string name, string job)
    {
        await using var client = new FeedClient(new FeedClientOptions { Servers = [server] });
        return await client.RequestAsync(name, job, s_timeout);
    }
}
