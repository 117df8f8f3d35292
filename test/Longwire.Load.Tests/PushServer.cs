namespace Longwire.Load.Tests;

/// <summary>What the server does wrong on purpose.</summary>
public enum Fault
{
    None,
    LosesMessages,
    Repeats,
    DamagesBodies,
    DropsConnections,
}

/// <summary>A PushLab server in this process, as faulty as a test wants it.</summary>
internal sealed class PushServer : IAsyncDisposable
{
    private const int Chosen = 7; // the message that is lost, repeated, or the publisher's last

    private readonly TcpServer _server;
    private Topic? _broadcast;
    private int _published;

    private PushServer(Fault fault)
    {
        var filter = TopicFilter.Parse("broadcast");
        _server = TcpServer.Create(o => o
            .Loops(1)
            .Hub(new HubOptions { Topics = [(filter, new TopicOptions { Retention = Retention.None })] })
            .Listen("tcp://127.0.0.1:0", e => e
                .Framing(LengthPrefix.BigEndian32(maxBytes: 1 << 20))
                .OnMessageInline((connection, message) =>
                {
                    switch ((char)message.Span[0])
                    {
                        case 'S':
                            connection.Subscribe(filter);
                            connection.Send(message);
                            break;
                        case 'P':
                            Publish(connection, message.Span, fault);
                            break;
                        default:
                            connection.Send(Echo(message.Span, fault));
                            break;
                    }
                })));
    }

    internal string Address { get; private set; } = "";

    internal static async Task<PushServer> StartAsync(Fault fault = Fault.None)
    {
        var server = new PushServer(fault);
        if (!server._server.Hub.TryGetTopic("broadcast", out server._broadcast, out PublishStatus refused))
            throw new InvalidOperationException($"The topic was refused: {refused}.");
        await server._server.StartAsync(TestContext.Current.CancellationToken);
        server.Address = server._server.Addresses[0].Replace("tcp://", "", StringComparison.Ordinal);
        return server;
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private static byte[] Echo(ReadOnlySpan<byte> message, Fault fault)
    {
        byte[] answer = message.ToArray();
        if (fault == Fault.DamagesBodies && answer.Length > 1)
            answer[^1] ^= 1;
        return answer;
    }

    private void Publish(Connection connection, ReadOnlySpan<byte> message, Fault fault)
    {
        byte[] copy = message.ToArray();
        bool isHit = ++_published == Chosen;
        if (fault == Fault.DropsConnections && isHit)
            connection.Abort(CloseReason.MalformedFrame);
        if (fault == Fault.LosesMessages && isHit)
            return;
        if (fault == Fault.DamagesBodies)
            copy[^1] ^= 1;
        connection.PublishToOthers(_broadcast!, copy);
        if (fault == Fault.Repeats && isHit)
            connection.PublishToOthers(_broadcast!, copy);
    }
}
