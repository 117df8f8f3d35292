using System.Text;

namespace Longwire;

/// <summary>A client's requests with text, in UTF-8.</summary>
public static class FeedClientText
{
    /// <summary>
    /// <see cref="FeedClient.PublishAsync(string, ReadOnlyMemory{byte}, TimeSpan, CancellationToken)"/> of a text.
    /// </summary>
    public static Task<long> PublishAsync(
        this FeedClient client, string topic, string text, TimeSpan timeout, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        return client.PublishAsync(topic, Encoding.UTF8.GetBytes(text), timeout, cancellation);
    }

    /// <summary>
    /// <see cref="FeedClient.RequestAsync(string, ReadOnlyMemory{byte}, TimeSpan, CancellationToken)"/> with text both
    /// ways.
    /// </summary>
    public static async Task<string> RequestAsync(
        this FeedClient client, string command, string text, TimeSpan timeout, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ReadOnlyMemory<byte> reply = await client.RequestAsync(
            command, Encoding.UTF8.GetBytes(text), timeout, cancellation).ConfigureAwait(false);
        return Encoding.UTF8.GetString(reply.Span);
    }
}
