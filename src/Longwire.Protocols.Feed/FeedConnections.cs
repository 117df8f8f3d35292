using Longwire.Protocols.Feed;

namespace Longwire;

/// <summary>What a server asks of a client over Feed.</summary>
public static class FeedConnections
{
    /// <summary>Sends the client a command and waits for its reply.</summary>
    /// <param name="connection">The client; <see cref="TcpServer.FindUser"/> finds those of a user.</param>
    /// <param name="name">What to do; at most 256 UTF-8 bytes.</param>
    /// <param name="payload">Its argument.</param>
    /// <param name="deadline">Time for the reply; positive, below 49 days. The client is told.</param>
    /// <param name="cancellation">Ends the wait, not the command.</param>
    /// <exception cref="FeedException">
    /// The client refused, takes no commands, or has too many that wait (<see cref="FeedLimits.SentCommands"/>).
    /// </exception>
    /// <exception cref="TimeoutException">No reply in time; it may or may not have been carried out.</exception>
    /// <exception cref="IOException">The connection ended first; it may or may not have been carried out.</exception>
    public static async Task<ReadOnlyMemory<byte>> RequestAsync(
        this Connection<FeedSession> connection, string name, ReadOnlyMemory<byte> payload, TimeSpan deadline,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(connection);
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(deadline, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(deadline, TimeSpan.FromDays(49));
        if (connection.Session is not { TakesCommands: true } session) // null until it is connected
            throw new FeedException(FeedErrorCode.UnknownCommand, "name", "the client takes no commands");
        FeedResult result = await session.Sent.AskAsync(
            $"the command {name}",
            id => connection.Send(FeedScratch.Write(
                output => FeedCommand.Write(output, id, deadline, name, payload.Span))),
            deadline, cancellation).ConfigureAwait(false);
        return result.Payload;
    }
}
