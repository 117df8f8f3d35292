using System.Text;
using System.Threading.Channels;
using Longwire.ServerTests;

namespace Longwire.ClientTests;

/// <summary>The bare client: a codec of one's own, and a connection that comes back.</summary>
public sealed class FramedClientTests
{
    public static TheoryData<PollerKind> Pollers => FeedBench.Pollers;

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task It_logs_in_again_after_each_cut(PollerKind poller)
    {
        await using var bench = await Bench.Start(poller);
        for (int round = 1; round <= 3; round++)
        {
            Assert.Equal("echo hello", await bench.Next());
            Assert.Equal(SendResult.Queued, bench.Client.Send("more"u8));
            Assert.Equal("echo more", await bench.Next());
            long id = (await bench.Server.GetConnectionsAsync(TestContext.Current.CancellationToken)).Single().Id;
            Connection connection = bench.Server.Find(id)!;
            if (round == 1)
                connection.Abort();
            else if (round == 2)
                await Wait.For(connection.CloseAsync(), "the close");
            else
                bench.Client.Disconnect("enough");
            Assert.StartsWith("lost:", await bench.Next(), StringComparison.Ordinal);
        }
        Assert.Equal("echo hello", await bench.Next());
        Assert.Equal(SendResult.TooLarge, bench.Client.Send(new byte[101]));
        Assert.Equal(SendResult.Malformed, bench.Client.Send("a\nb"u8));
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task Many_messages_and_large_ones_arrive_in_order(PollerKind poller)
    {
        await using var bench = await Bench.Start(poller, maxBytes: 300_000);
        Assert.Equal("echo hello", await bench.Next());
        var expected = new List<string>();
        for (int i = 0; i < 200; i++)
        {
            string text = i % 50 == 7 ? new string('x', 250_000) : $"message {i}";
            expected.Add($"echo {text}");
            Assert.Equal(SendResult.Queued, bench.Client.Send(Encoding.UTF8.GetBytes(text)));
        }
        foreach (string text in expected)
            Assert.Equal(text, await bench.Next());
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task What_may_not_wait_is_refused_and_without_a_connection_everything(PollerKind poller)
    {
        await using var bench = await Bench.Start(poller, maxBytes: 1 << 20, sendBytes: 1000);
        Assert.Equal("echo hello", await bench.Next());
        await bench.Server.StopAsync(TimeSpan.FromSeconds(3));
        await Wait.Until(() => bench.Client.Send("x"u8) == SendResult.Closed, "the end of the connection");
        await using var deaf = await Bench.Start(poller, maxBytes: 1 << 20, sendBytes: 1000, isDeaf: true);
        await Wait.Until(() => deaf.Client.Status.State == ClientState.Connected, "the connection");
        byte[] large = Encoding.UTF8.GetBytes(new string('y', 900_000));
        await Wait.Until(() => deaf.Client.Send(large) == SendResult.Full, "the limit");
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task What_is_queued_at_the_end_is_sent(PollerKind poller)
    {
        await using var bench = await Bench.Start(poller, maxBytes: 300_000);
        Assert.Equal("echo hello", await bench.Next());
        for (int i = 0; i < 10; i++)
            bench.Client.Send(Encoding.UTF8.GetBytes(new string('z', 200_000)));
        bench.Client.Send("last"u8);
        await Wait.For(bench.Client.DisposeAsync().AsTask(), "the end");
        await Wait.Until(() => bench.LastReceived == "last", "the last message");
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task A_handler_that_throws_costs_its_connection_only(PollerKind poller)
    {
        await using var bench = await Bench.Start(poller);
        Assert.Equal("echo hello", await bench.Next());
        bench.Throw = true;
        bench.Client.Send("x"u8);
        Assert.Equal("lost: planted", await bench.Next());
        Assert.Equal("echo hello", await bench.Next());
    }

    private sealed class Bench : IAsyncDisposable
    {
        private readonly Channel<string> _events = Channel.CreateUnbounded<string>();
        private readonly RecordingLogs _logs = new();
        private readonly ClientLoop _loop;

        private Bench(PollerKind poller) => _loop = FeedBench.NewLoop(poller, _logs);

        internal TcpServer Server { get; private set; } = null!;

        internal FramedClient Client { get; private set; } = null!;

        internal volatile bool Throw;

        internal volatile string LastReceived = "";

        internal static async Task<Bench> Start(
            PollerKind poller, int maxBytes = 100, int sendBytes = 16 << 20, bool isDeaf = false)
        {
            var bench = new Bench(poller);
            var release = new TaskCompletionSource();
            bench.Server = TcpServer.Create(o => o.Loops(1).Poller(poller).Listen("tcp://127.0.0.1:0", e => e
                .Framing(Lines.Utf8(maxBytes + 10))
                .Options(new EndpointOptions { OutboxBytes = 8 << 20 })
                .OnMessage(async (connection, line) =>
                {
                    if (isDeaf)
                        await connection.Cancellation.WhenCancelled();
                    string text = Encoding.UTF8.GetString(line.Span);
                    bench.LastReceived = text;
                    await connection.SendAsync(Encoding.UTF8.GetBytes($"echo {text}"));
                })));
            await bench.Server.StartAsync(TestContext.Current.CancellationToken);
            bench.Client = new FramedClient(new FramedClientOptions
            {
                Servers = [bench.Server.Addresses[0]],
                Loop = bench._loop,
                Codec = Lines.Utf8(maxBytes + (isDeaf ? 0 : maxBytes > 100 ? 10 : 0)),
                SendBytes = sendBytes,
                MinBackOff = TimeSpan.FromMilliseconds(10),
                OnConnected = static client => client.Send("hello"u8),
                OnMessage = (_, line) =>
                {
                    if (!bench.Throw)
                    {
                        bench._events.Writer.TryWrite(Encoding.UTF8.GetString(line));
                        return;
                    }
                    bench.Throw = false;
                    throw new InvalidOperationException("planted");
                },
                OnDisconnected = (_, why) => bench._events.Writer.TryWrite($"lost: {why}"),
            });
            return bench;
        }

        internal async Task<string> Next() => await Wait.For(
            _events.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask(), "an event");

        public async ValueTask DisposeAsync()
        {
            await Client.DisposeAsync();
            await Server.StopAsync(TimeSpan.FromSeconds(3));
            _loop.Dispose();
            Assert.Equal(0, _loop.Pool.Snapshot().LeasedBytes);
            Assert.DoesNotContain(_logs.Errors, static error => !error.Contains("planted", StringComparison.Ordinal));
        }
    }
}
