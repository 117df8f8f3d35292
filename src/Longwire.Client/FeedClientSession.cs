using Microsoft.Extensions.Logging;

namespace Longwire;

/// <summary>What lives as long as one connection.</summary>
/// <remarks>
/// Owner: its client. Concurrency: the loop, but for <see cref="Sent"/>. Bound: requests by
/// <see cref="FeedClientOptions.MaxRequests"/>, the server's commands by 16 and 64 KiB that wait.
/// </remarks>
internal sealed class FeedClientSession
{
    private const int MaxCommands = 16;
    private const int MaxCommandBytes = 64 << 10;

    private readonly CancellationTokenSource _ends = new();
    private readonly ILogger _logger;

    internal FeedClientSession(FeedClientOptions options, TimeProvider time, ClientLink link)
    {
        Link = link;
        MaxMessageBytes = options.MaxMessageBytes;
        _logger = options.Logger;
        Sent = new SentRequests(options.MaxRequests, time);
        Commands = new RequestQueue(
            MaxCommands, MaxCommandBytes,
            (request, exception) => ClientLog.RequestThrew(options.Logger, exception, $"{request}"));
    }

    /// <summary>The connection; what is sent by it after its end goes nowhere.</summary>
    internal ClientLink Link { get; }

    /// <summary>Longest message that the server and this client take.</summary>
    internal int MaxMessageBytes { get; set; }

    internal SentRequests Sent { get; }

    /// <summary>The server's commands.</summary>
    internal RequestQueue Commands { get; }

    /// <summary>Filters by the ids of the UNSUBSCRIBEs that are not answered yet.</summary>
    internal Dictionary<uint, string> Leaving { get; } = [];

    internal bool HasHello { get; set; }

    /// <summary>Requests may be sent: the login, where one is needed, is done.</summary>
    internal bool IsReady { get; set; }

    /// <summary>Cancelled at the connection's end.</summary>
    internal CancellationToken Ends => _ends.Token;

    internal void End()
    {
        Sent.End();
        Commands.Clear();
        _ = CancelAsync();
    }

    /// <summary>On the pool: what the application registered with the token must not run on the loop.</summary>
    private async Task CancelAsync()
    {
        try
        {
            await _ends.CancelAsync().ConfigureAwait(false);
        }
        catch (AggregateException thrown)
        {
            ClientLog.RequestThrew(_logger, thrown, "a command's cancellation");
        }
    }
}
