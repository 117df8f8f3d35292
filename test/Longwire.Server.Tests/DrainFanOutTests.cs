using System.Buffers;
using System.Net;
using System.Net.Sockets;

namespace Longwire.ServerTests;

/// <summary>A stop does not overtake what was published before it.</summary>
public sealed class DrainFanOutTests
{
    private const int Messages = 100; // a cursor fans out 32 at a time; the rest comes with a further token

    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task What_was_published_before_the_stop_is_delivered()
    {
        TopicFilter filter = TopicFilter.Parse("news");
        await using TcpServer server = TcpServer.Create(o => o
            .Loops(1)
            .Listen("tcp://127.0.0.1:0", e => e
                .Framing(FixedSize.Bytes(1))
                .DeliverSnapshotEnd(static (_, output) => output.Write("!"u8))
                .OnMessageInline((connection, _) => connection.Subscribe(filter))));
        Assert.True(server.Hub.TryGetTopic("news", out Topic? topic, out _));
        await server.StartAsync(TestContext.Current.CancellationToken);
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.ReceiveTimeout = (int)s_timeout.TotalMilliseconds;
        client.Connect(IPEndPoint.Parse(server.Addresses[0]["tcp://".Length..]));
        client.Send("S"u8);
        byte[] buffer = new byte[1024];
        Assert.Equal(1, client.Receive(buffer)); // the subscription is live

        // On the loop, so that the stop's work stands right behind the topic's token in the inbox.
        server.Hosts[0].Post(() =>
        {
            for (int i = 0; i < Messages; i++)
                topic.Publish("m"u8);
            _ = server.StopAsync();
        });
        int received = 0;
        for (int count; (count = client.Receive(buffer)) > 0;)
            received += count;

        Assert.Equal(Messages, received);
    }
}
