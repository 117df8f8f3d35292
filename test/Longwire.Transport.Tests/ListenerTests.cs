using System.Net;
using System.Net.Sockets;

namespace Longwire.Transport.Tests;

public sealed class ListenerTests
{
    [Theory]
    [InlineData("tcp://127.0.0.1:")]
    [InlineData("tcp://*:")]
    public void A_port_in_use_is_refused(string prefix)
    {
        using Socket first = ListenAddress.Parse(prefix + "0").Bind(ListenOptions.Default);
        int port = ((IPEndPoint)first.LocalEndPoint!).Port;
        var failure = Assert.Throws<SocketException>(
            () => ListenAddress.Parse(prefix + port).Bind(ListenOptions.Default));
        Assert.Equal(SocketError.AddressAlreadyInUse, failure.SocketErrorCode);
    }

    [Fact]
    public void A_shared_port_is_bound_twice()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "SO_REUSEPORT is of Unix.");
        var shared = new ListenOptions { PortSharing = PortSharing.Shared };
        using Socket first = ListenAddress.Parse("127.0.0.1:0").Bind(shared);
        int port = ((IPEndPoint)first.LocalEndPoint!).Port;
        using Socket second = ListenAddress.Parse($"127.0.0.1:{port}").Bind(shared);
        Assert.Equal(first.LocalEndPoint, second.LocalEndPoint);
    }

    [Theory, ClassData(typeof(Pollers))]
    public void Stop_frees_the_port_and_accepts_nobody_after(PollerKind kind)
    {
        // An address of its own: the freed port must not be handed to a test beside this one.
        string host = OperatingSystem.IsLinux() ? "127.7.7.7" : "127.0.0.1";
        using var server = new TestServer(kind, $"{host}:0") { Appetite = Appetite.Echo };
        (Socket client, TestConnection _) = server.Pair();
        server.TestLoop.Run(server.Listener.Stop);
        server.TestLoop.Run(server.Listener.Stop);
        using Socket late = TestServer.NewClient(server.EndPoint);
        var refused = Assert.Throws<SocketException>(() => late.Connect(server.EndPoint));
        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
        using (ListenAddress.Parse($"{host}:{server.Port}").Bind(ListenOptions.Default))
        {
        }
        client.Send("yet"u8);
        Assert.Equal("yet"u8.ToArray(), Wait.Exactly(client, 3));
        Assert.Equal(1, server.TestLoop.Run(() => server.Listener.Accepted));
        client.Dispose();
    }

    [Theory, ClassData(typeof(Pollers))]
    public void A_handler_may_stop_the_listener_from_within_an_accept(PollerKind kind)
    {
        using Socket bound = ListenAddress.Parse("127.0.0.1:0").Bind(ListenOptions.Default);
        EndPoint endPoint = bound.LocalEndPoint!;
        var clients = Enumerable.Range(0, 5).Select(_ => TestServer.Connect(endPoint)).ToList();
        using var loop = new TestLoop(kind);
        var handler = new StopAtFirst();
        loop.Run(() => handler.Listener = loop.Loop.Listen(bound, handler));
        foreach (Socket client in clients)
            Assert.Equal(SocketError.ConnectionReset, Wait.ToEnd(client, out long _));
        Assert.Equal(1, loop.Run(() => handler.Accepts));
        Assert.Empty(handler.Failures);
        clients.ForEach(client => client.Dispose());
    }

    [Theory, ClassData(typeof(Pollers))]
    public void A_fault_in_an_accept_handler_ends_that_connection_only(PollerKind kind)
    {
        using Socket bound = ListenAddress.Parse("127.0.0.1:0").Bind(ListenOptions.Default);
        var clients = Enumerable.Range(0, 3).Select(_ => TestServer.Connect(bound.LocalEndPoint!)).ToList();
        using var loop = new TestLoop(kind) { ExpectFaults = true };
        var handler = new FaultAtFirst();
        Listener listener = loop.Run(() => loop.Loop.Listen(bound, handler));
        Assert.Equal(SocketError.ConnectionReset, Wait.ToEnd(clients[0], out long _));
        Assert.Equal(SocketError.Success, Wait.ToEnd(clients[1], out long _));
        Assert.Equal(SocketError.Success, Wait.ToEnd(clients[2], out long _));
        Assert.Same(handler, Assert.Single(loop.Faults).Culprit);
        loop.Run(listener.Stop);
        clients.ForEach(client => client.Dispose());
    }

    [Theory, ClassData(typeof(Pollers))]
    public void A_unix_socket_serves_and_its_file_goes_with_it(PollerKind kind)
    {
        string path = NewPath();
        using (var server = new TestServer(kind, $"unix://{path}") { Appetite = Appetite.Echo })
        {
            (Socket client, TestConnection connection) = server.Pair();
            client.Send("file"u8);
            Assert.Equal("file"u8.ToArray(), Wait.Exactly(client, 4));
            Assert.Equal("unix", connection.Wire.Remote.ToString());
            Assert.False(server.TestLoop.Run(() => connection.Wire.TryGetStatistics(out TcpStatistics _)));
            client.Dispose();
        }
        Assert.False(File.Exists(path), "the socket's file is left");
    }

    [Fact]
    public void A_stale_socket_file_is_replaced()
    {
        string path = NewPath();
        MakeStale(path);
        using Socket socket = ListenAddress.Parse($"unix://{path}").Bind(ListenOptions.Default);
        using Socket client = TestServer.Connect(new UnixDomainSocketEndPoint(path));
    }

    [Theory]
    [InlineData(16)]
    [InlineData(0)]
    public void A_live_socket_file_is_refused_and_stays(int backlog)
    {
        string path = NewPath();
        using Socket live = ListenAddress.Parse($"unix://{path}").Bind(new ListenOptions { Backlog = backlog });
        // A backlog of 0 holds one connection: the probe finds a full one and must neither hang nor take it for dead.
        using Socket first = TestServer.Connect(new UnixDomainSocketEndPoint(path));
        var second = Task.Run(() => ListenAddress.Parse($"unix://{path}").Bind(ListenOptions.Default));
        Wait.Until(() => second.IsCompleted, "the second bind to be refused");
        var refused = Assert.IsType<SocketException>(second.Exception!.InnerException);
        Assert.Equal(SocketError.AddressAlreadyInUse, refused.SocketErrorCode);
        Assert.True(File.Exists(path));
    }

    [Fact]
    public void A_file_that_is_no_socket_is_never_removed()
    {
        string path = NewPath();
        File.WriteAllText(path, "precious");
        var refused = Assert.Throws<SocketException>(
            () => ListenAddress.Parse($"unix://{path}").Bind(ListenOptions.Default));
        Assert.Equal(SocketError.AddressAlreadyInUse, refused.SocketErrorCode);
        Assert.Equal("precious", File.ReadAllText(path));
        File.Delete(path);
    }

    [Theory, ClassData(typeof(Pollers))]
    public void A_storm_of_connects_that_are_reset_at_once_stops_nobody(PollerKind kind)
    {
        using var server = new TestServer(kind) { Appetite = Appetite.Echo };
        for (int i = 0; i < 300; i++)
            server.Connect().Close(0);
        using Socket client = server.Connect();
        client.Send("me"u8);
        Assert.Equal("me"u8.ToArray(), Wait.Exactly(client, 2));
        Assert.DoesNotContain(server.Failures, failure => failure.BackOff > TimeSpan.Zero);
    }

    [Fact]
    public void Every_error_has_its_action()
    {
        foreach (TransportError error in Enum.GetValues<TransportError>())
        {
            AcceptAction expected = error switch
            {
                TransportError.DescriptorsExhausted or TransportError.OutOfMemory or TransportError.Other
                    or TransportError.PermissionDenied => AcceptAction.BackOff,
                TransportError.Closed => AcceptAction.Stop,
                _ => AcceptAction.Retry,
            };
            Assert.Equal(expected, TransportErrors.AcceptAction(error));
        }
    }

    [Theory]
    [InlineData(SocketError.TooManyOpenSockets, TransportError.DescriptorsExhausted)]
    [InlineData(SocketError.NoBufferSpaceAvailable, TransportError.OutOfMemory)]
    [InlineData(SocketError.ConnectionAborted, TransportError.AbortedBeforeAccept)]
    [InlineData(SocketError.ConnectionReset, TransportError.Reset)]
    [InlineData(SocketError.Shutdown, TransportError.Reset)]
    [InlineData(SocketError.OperationAborted, TransportError.Closed)]
    [InlineData(SocketError.ConnectionRefused, TransportError.Refused)]
    [InlineData(SocketError.AccessDenied, TransportError.PermissionDenied)]
    [InlineData(SocketError.HostUnreachable, TransportError.Unreachable)]
    [InlineData(SocketError.AddressAlreadyInUse, TransportError.AddressInUse)]
    [InlineData(SocketError.AddressNotAvailable, TransportError.AddressNotAvailable)]
    [InlineData(SocketError.TimedOut, TransportError.TimedOut)]
    [InlineData(SocketError.Success, TransportError.None)]
    [InlineData(SocketError.Fault, TransportError.Other)]
    public void Framework_errors_are_sorted(SocketError error, TransportError expected) =>
        Assert.Equal(expected, TransportErrors.From(error));

    internal static string NewPath() => Path.Combine(Path.GetTempPath(), $"lw-{Guid.NewGuid():N}.sock");

    /// <summary>A crash leaves the file; renaming it hides it from the framework, which would delete it.</summary>
    private static void MakeStale(string path)
    {
        string other = path + "2";
        using (var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.IP))
        {
            socket.Bind(new UnixDomainSocketEndPoint(other));
            socket.Listen();
            File.Move(other, path);
        }
        Assert.True(File.Exists(path));
    }

    private sealed class StopAtFirst : IAcceptHandler
    {
        internal Listener? Listener { get; set; }

        internal int Accepts { get; private set; }

        internal List<TransportError> Failures { get; } = [];

        public void OnAccepted(Wire wire)
        {
            Accepts++;
            wire.Close(CloseMode.Abort);
            Listener!.Stop();
        }

        public void OnAcceptFailed(TransportError error, TimeSpan backOff) => Failures.Add(error);
    }

    private sealed class FaultAtFirst : IAcceptHandler
    {
        private int _accepts;

        public void OnAccepted(Wire wire)
        {
            if (++_accepts == 1)
                throw new InvalidOperationException("bad accept handler");
            wire.Close(CloseMode.Close);
        }

        public void OnAcceptFailed(TransportError error, TimeSpan backOff)
        {
        }
    }
}
