using Longwire;

namespace PushLab;

/// <summary>The PushLab protocol, on the loop or on the pool.</summary>
/// <remarks>Owner: the lab. Concurrency: any thread, once opened. Bound: nothing is kept.</remarks>
internal sealed class Protocol(TimeSpan slow)
{
    private static readonly TopicFilter s_broadcast = TopicFilter.Parse("broadcast");

    private Topic? _topic;

    internal static HubOptions Hub { get; } = new()
    {
        Topics = [(s_broadcast, new TopicOptions { Retention = Retention.None })],
    };

    internal static Codec Framing { get; } = LengthPrefix.BigEndian32(maxBytes: 1 << 20);

    internal void Open(TcpServer server)
    {
        if (!server.Hub.TryGetTopic("broadcast", out _topic, out PublishStatus refused))
            throw new InvalidOperationException($"The broadcast topic was refused: {refused}.");
    }

    internal void OnLoop(Connection connection, BorrowedMessage message)
    {
        if (!Take(connection, message.Span))
            connection.Send(message);
    }

    /// <summary>The greeting of a client, one byte, is answered at once; what else it asks takes its time.</summary>
    internal void OnPool(Connection connection, Message message)
    {
        if (message.Length > 1 && slow > TimeSpan.Zero)
            Thread.Sleep(slow);
        if (!Take(connection, message.Span))
            connection.Send(message);
    }

    /// <summary>False if the message goes back to its sender.</summary>
    private bool Take(Connection connection, ReadOnlySpan<byte> message)
    {
        switch (message.IsEmpty ? 0 : message[0])
        {
            case (byte)'S':
                connection.Subscribe(s_broadcast);
                return false;
            case (byte)'P':
                connection.PublishToOthers(_topic!, message);
                return true;
            case (byte)'E':
                return false;
            default:
                connection.Abort(CloseReason.MalformedFrame);
                return true;
        }
    }
}
