using System.Text;
using System.Threading.Channels;
using Longwire.ServerTests;
using Longwire.Transport;
using Longwire.Transport.Sockets;
using Microsoft.Extensions.Logging;

namespace Longwire.ClientTests;

/// <summary>A Feed server that can be stopped and started again at its address, and clients beside it.</summary>
internal sealed class FeedBench : IAsyncDisposable
{
    private readonly PollerKind _poller;
    private readonly Action<FeedBuilder>? _feed;
    private readonly Action<EndpointBuilder<FeedSession>>? _endpoint;
    private readonly HubOptions _hub;
    private readonly List<FeedClient> _clients = [];
    private readonly RecordingLogs _logs = new();
    private TcpServer? _server;

    private FeedBench(
        PollerKind poller, Action<FeedBuilder>? feed, HubOptions? hub, Action<EndpointBuilder<FeedSession>>? endpoint)
    {
        _poller = poller;
        _feed = feed;
        _endpoint = endpoint;
        _hub = hub ?? new HubOptions();
        Loop = NewLoop(poller, _logs);
    }

    /// <summary>What each test runs over, on both sides.</summary>
    public static TheoryData<PollerKind> Pollers => EveryPoller.Kinds;

    internal static TimeSpan Long => TimeSpan.FromSeconds(20);

    internal ClientLoop Loop { get; }

    internal TcpServer Server => _server!;

    internal Hub Hub => Server.Hub;

    /// <summary>A part of the one error that the test wants to see.</summary>
    internal string? ExpectedError { get; set; }

    internal string Address { get; private set; } = "tcp://127.0.0.1:0";

    internal static async Task<FeedBench> Start(
        PollerKind poller, Action<FeedBuilder>? feed = null, HubOptions? hub = null,
        Action<EndpointBuilder<FeedSession>>? endpoint = null)
    {
        var bench = new FeedBench(poller, feed, hub, endpoint);
        await bench.StartServer();
        return bench;
    }

    internal static ClientLoop NewLoop(PollerKind poller, ILogger? logger = null) =>
        new(poller == PollerKind.Socket ? new SocketPoller() : Poller.ForThisSystem(),
            logger: logger);

    internal async Task StartServer()
    {
        _server = TcpServer.Create(o => o
            .Loops(2)
            .Poller(_poller)
            .Logging(_logs)
            .Hub(_hub)
            .Listen(Address, listen =>
            {
                EndpointBuilder<FeedSession> endpoint = listen.UseFeed(f =>
                {
                    f.Logging(_logs.CreateLogger("feed"))
                        .Limits(new FeedLimits { RetryAfter = TimeSpan.Zero, RetryJitter = TimeSpan.Zero });
                    _feed?.Invoke(f);
                });
                _endpoint?.Invoke(endpoint);
            }));
        await _server.StartAsync(TestContext.Current.CancellationToken);
        Address = _server.Addresses[0];
    }

    internal async Task StopServer()
    {
        await Wait.For(Server.StopAsync(TimeSpan.FromSeconds(3)), "the server's stop");
        Assert.Equal(0, Server.ConnectionCount);
        Assert.Equal(0, Server.Snapshot().LeasedBytes);
        _server = null;
    }

    internal void Publish(string topic, string text) => Hub.Publish(topic, Encoding.UTF8.GetBytes(text));

    /// <summary>Cuts every connection, as a broken network does.</summary>
    internal async Task Cut()
    {
        IReadOnlyList<ConnectionSnapshot> open =
            await Server.GetConnectionsAsync(TestContext.Current.CancellationToken);
        foreach (ConnectionSnapshot one in open)
        {
            Connection connection = Server.Find(one.Id)!;
            connection.Abort();
            await Wait.For(connection.Closed, "the cut");
        }
    }

    internal FeedClient Connect(Func<FeedClientOptions, FeedClientOptions>? change = null)
    {
        var options = new FeedClientOptions
        {
            Servers = [Address],
            Loop = Loop,
            Logger = _logs,
            MinBackOff = TimeSpan.FromMilliseconds(20),
            MaxBackOff = TimeSpan.FromMilliseconds(200),
        };
        var client = new FeedClient(change?.Invoke(options) ?? options);
        _clients.Add(client);
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (FeedClient client in _clients)
            await client.DisposeAsync();
        if (_server is not null)
            await StopServer();
        Loop.Dispose();
        Assert.Equal(0, Loop.Pool.Snapshot().LeasedBytes);
        Assert.DoesNotContain(_logs.Errors, error => ExpectedError is null
            || !error.Contains(ExpectedError, StringComparison.Ordinal));
    }
}

/// <summary>A subscription that runs beside the test; what it tells is taken one by one.</summary>
internal sealed class Watch : IAsyncDisposable
{
    private readonly Channel<FeedUpdate> _updates = Channel.CreateUnbounded<FeedUpdate>();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _reading;

    internal Watch(FeedClient client, string filter, FeedSubscribeOptions? options = null) =>
        _reading = Read(client.Subscribe(filter, options, _stop.Token));

    internal async Task<FeedUpdate> Next(string what) =>
        await Wait.For(_updates.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask(), what);

    internal async Task Expect(params string[] updates)
    {
        foreach (string update in updates)
            Assert.Equal(update, (await Next(update)).ToString());
    }

    internal async Task<FeedUpdate> Until(FeedUpdateKind kind)
    {
        while (true)
        {
            FeedUpdate update = await Next($"{kind}");
            if (update.Kind == kind)
                return update;
        }
    }

    /// <summary>What ended it.</summary>
    internal Task Ended => _reading;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _reading.ContinueWith(static _ => { }, TaskScheduler.Default);
        _stop.Dispose();
    }

    private async Task Read(IAsyncEnumerable<FeedUpdate> updates)
    {
        try
        {
            await foreach (FeedUpdate update in updates)
                _updates.Writer.TryWrite(update);
        }
        finally
        {
            _updates.Writer.Complete();
        }
    }
}
