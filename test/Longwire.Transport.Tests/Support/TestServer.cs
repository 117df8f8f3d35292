using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Longwire.Transport.Tests;

/// <summary>A listener on a loop of its own, whose connections the test takes one by one.</summary>
internal sealed class TestServer : IDisposable, IAcceptHandler
{
    private readonly BlockingCollection<TestConnection> _accepted = [];
    private readonly ConcurrentBag<TestConnection> _all = [];
    private readonly ConcurrentQueue<(TransportError Error, TimeSpan BackOff)> _failures = new();

    internal TestServer(
        PollerKind kind,
        string address = "tcp://127.0.0.1:0",
        ListenOptions? options = null,
        bool expectFaults = false)
    {
        Socket socket = ListenAddress.Parse(address).Bind(options ?? ListenOptions.Default);
        EndPoint = socket.LocalEndPoint!;
        TestLoop = new TestLoop(kind) { ExpectFaults = expectFaults };
        Listener = TestLoop.Run(() => TestLoop.Loop.Listen(socket, this));
    }

    internal TestLoop TestLoop { get; }

    internal Loop Loop => TestLoop.Loop;

    internal EndPoint EndPoint { get; }

    internal int Port => ((IPEndPoint)EndPoint).Port;

    internal Listener Listener { get; }

    internal Appetite Appetite { get; set; }

    internal int ReadBytes { get; set; } = Loop.TurnBytes;

    internal Action<TestConnection>? OnTurn { get; set; }

    internal IReadOnlyCollection<(TransportError Error, TimeSpan BackOff)> Failures => _failures;

    public void OnAccepted(Wire wire)
    {
        var connection = new TestConnection(Loop, TestLoop.Pool, wire)
        {
            Appetite = Appetite,
            ReadBytes = ReadBytes,
            OnTurn = OnTurn,
        };
        _all.Add(connection);
        Loop.Add(wire, connection);
        _accepted.Add(connection);
    }

    public void OnAcceptFailed(TransportError error, TimeSpan backOff) => _failures.Enqueue((error, backOff));

    internal Socket Connect() => Connect(EndPoint);

    internal static Socket Connect(EndPoint endPoint)
    {
        Socket socket = NewClient(endPoint);
        socket.Connect(endPoint);
        return socket;
    }

    internal static Socket NewClient(EndPoint endPoint)
    {
        bool unix = endPoint is UnixDomainSocketEndPoint;
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, unix ? ProtocolType.IP : ProtocolType.Tcp);
        socket.ReceiveTimeout = socket.SendTimeout = (int)Wait.Deadline.TotalMilliseconds;
        return socket;
    }

    internal TestConnection Next()
    {
        Assert.True(_accepted.TryTake(out TestConnection? connection, Wait.Deadline), "waited for an accept");
        return connection;
    }

    /// <summary>A client and its connection.</summary>
    internal (Socket Client, TestConnection Connection) Pair()
    {
        Socket client = Connect();
        return (client, Next());
    }

    internal void On(TestConnection connection, Action<TestConnection> action) =>
        TestLoop.Run(() => action(connection));

    public void Dispose()
    {
        TestLoop.Run(() =>
        {
            Listener.Stop();
            foreach (TestConnection connection in _all)
                connection.Close(CloseMode.Abort);
        });
        Wait.Until(
            () => _all.All(connection => !connection.Wire.HasPendingWrite && !connection.HasOutput),
            "the pending writes of closed connections to end");
        TestLoop.Dispose();
        _accepted.Dispose();
    }
}
