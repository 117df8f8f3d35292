using System.Net;
using Longwire.Protocols.Feed;
using Longwire.ServerTests;
using Microsoft.Extensions.Logging;

namespace Longwire.FeedTests;

/// <summary>
/// A server with a Feed endpoint on a free loopback port. Its end fails on an unexpected error in the log and on a
/// connection or bytes that are left.
/// </summary>
internal sealed class FeedBench : IAsyncDisposable
{
    private readonly List<FeedPeer> _peers = [];
    private readonly RecordingLogs _logs;
    private bool _stopped;

    private FeedBench(TcpServer server, RecordingLogs logs)
    {
        Server = server;
        _logs = logs;
    }

    /// <summary>What each test runs over.</summary>
    public static TheoryData<PollerKind> Pollers => EveryPoller.Kinds;

    internal TcpServer Server { get; }

    internal Hub Hub => Server.Hub;

    internal string Address => Server.Addresses[0]["tcp://".Length..];

    /// <summary>A part of the one error that the test wants to see.</summary>
    internal string? ExpectedError { get; set; }

    internal static async Task<FeedBench> Start(
        PollerKind poller, Action<FeedBuilder>? feed = null, string address = "127.0.0.1:0", HubOptions? hub = null,
        EndpointOptions? later = null)
    {
        var logs = new RecordingLogs();
        TcpServer server = TcpServer.Create(o => o
            .Loops(2)
            .Poller(poller)
            .Logging(logs)
            .Hub(hub ?? new HubOptions())
            .Listen($"tcp://{address}", endpoint =>
            {
                EndpointBuilder<FeedSession> described = endpoint.UseFeed(f =>
                {
                    f.Logging(logs.CreateLogger("feed"));
                    feed?.Invoke(f);
                });
                if (later is not null)
                    described.Options(later);
            }));
        await server.StartAsync(TestContext.Current.CancellationToken);
        return new FeedBench(server, logs);
    }

    /// <summary>A peer on a plain socket that has said nothing yet.</summary>
    internal async Task<FeedPeer> Dial()
    {
        FeedPeer peer = await FeedPeer.Dial(IPEndPoint.Parse(Address));
        _peers.Add(peer);
        return peer;
    }

    /// <summary>A peer that has exchanged HELLO.</summary>
    internal async Task<FeedPeer> Connect()
    {
        FeedPeer peer = await Dial();
        peer.Send(output => FeedHello.Write(output, 1, FeedFeatures.None, 0, 0, TimeSpan.Zero, "test"));
        await peer.Expect(FeedType.Hello);
        return peer;
    }

    internal Task Stop()
    {
        _stopped = true;
        return Wait.For(Server.StopAsync(TimeSpan.FromSeconds(3)), "the server's stop");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (FeedPeer peer in _peers)
            peer.Dispose();
        if (!_stopped)
            await Stop();
        Assert.DoesNotContain(_logs.Errors, error => ExpectedError is null
            || !error.Contains(ExpectedError, StringComparison.Ordinal));
        Assert.Equal(0, Server.ConnectionCount);
        Assert.Equal(0, Server.Snapshot().LeasedBytes);
    }
}
