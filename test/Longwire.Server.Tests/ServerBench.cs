using System.Collections.Concurrent;
using Longwire.Transport;

namespace Longwire.ServerTests;

/// <summary>
/// A started server on a free loopback port. Its end fails on an unexpected error in the log, on a lease that was not
/// returned and on a stop that did not come to its end.
/// </summary>
internal sealed class ServerBench : IAsyncDisposable
{
    private readonly List<TestClient> _clients = [];
    private bool _stopped;

    private ServerBench(TcpServer server, RecordingLogs logs)
    {
        Server = server;
        Logs = logs;
    }

    /// <summary>What each test runs over.</summary>
    public static TheoryData<PollerKind> Pollers => EveryPoller.Kinds;

    internal TcpServer Server { get; }

    internal RecordingLogs Logs { get; }

    /// <summary>Errors that the test wants to see, by a part of their text.</summary>
    internal List<string> ExpectedErrors { get; } = [];

    internal string Address => Server.Addresses[0];

    internal Hub Hub => Server.Hub;

    internal static async Task<ServerBench> Start(
        PollerKind poller, Action<EndpointBuilder<object?>> endpoint, Action<TcpServerBuilder>? more = null)
    {
        var logs = new RecordingLogs();
        TcpServer server = TcpServer.Create(o =>
        {
            o.Loops(2).Poller(poller).Logging(logs).Listen("tcp://127.0.0.1:0", endpoint);
            more?.Invoke(o);
        });
        await server.StartAsync(TestContext.Current.CancellationToken);
        return new ServerBench(server, logs);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (TestClient client in _clients)
            client.Dispose();
        if (!_stopped)
            await Stop(TimeSpan.FromSeconds(3));
        Assert.DoesNotContain(Logs.Errors, error => !ExpectedErrors.Exists(expected =>
            error.Contains(expected, StringComparison.Ordinal)));
        Assert.Equal(0, Server.Pool.Snapshot().Leases);
        Assert.Equal(0, Server.ConnectionCount);
        Assert.Equal(0, Server.Users.Count);
        Assert.All(Server.Hosts, static host => Assert.Equal(0, host.OutboxBytes));
    }

    internal Task Stop(TimeSpan? deadline = null)
    {
        _stopped = true;
        return Wait.For(Server.StopAsync(deadline), "the server's stop");
    }

    internal async Task<TestClient> Connect(int receiveBuffer = 0)
    {
        TestClient client = await TestClient.Connect(Address, receiveBuffer);
        _clients.Add(client);
        return client;
    }

    /// <summary>The only connection, once it is there.</summary>
    internal async Task<Connection> OnlyConnection()
    {
        Connection? found = null;
        await Wait.Until(
            async () =>
            {
                IReadOnlyList<ConnectionSnapshot> all = await Server.GetConnectionsAsync();
                found = all.Count == 1 ? Server.Find(all[0].Id) : null;
                return found is not null;
            },
            "the one connection");
        return found!;
    }

    internal async Task<ConnectionSnapshot> Snapshot(long id) =>
        (await Server.GetConnectionsAsync()).Single(snapshot => snapshot.Id == id);
}

/// <summary>What handlers saw, in order, from any thread.</summary>
internal sealed class Events
{
    private readonly ConcurrentQueue<string> _all = [];

    internal string[] All => [.. _all];

    internal void Add(string text) => _all.Enqueue(text);

    internal Task Until(string text) => Wait.Until(() => _all.Contains(text), $"the event {text}");

    internal Task UntilCount(int count) =>
        Wait.Until(() => _all.Count >= count, $"{count} events, so far {string.Join(", ", _all)}");
}
