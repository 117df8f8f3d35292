using System.Net.Sockets;
using System.Reflection;
using Longwire.Transport.Epoll;

namespace Longwire.Transport.Tests;

/// <summary>Socket options as the kernel has them, and the statistics that it keeps.</summary>
public sealed class OptionTests
{
    private static readonly TcpOptions s_odd = new()
    {
        KeepAliveIdle = TimeSpan.FromSeconds(77),
        KeepAliveInterval = TimeSpan.FromSeconds(13),
        KeepAliveProbes = 4,
        UserTimeout = TimeSpan.FromSeconds(99),
        NotSentLowWaterBytes = 32 << 10,
    };

    [Theory, ClassData(typeof(Pollers))]
    public void Accepted_connections_have_the_options_of_their_listener(PollerKind kind)
    {
        Pollers.SkipUnlessLinux();
        using var server = new TestServer(kind, options: new ListenOptions { Tcp = s_odd });
        (Socket client, TestConnection connection) = server.Pair();
        using Socket _ = client;
        AssertOdd(DescriptorOf(connection.Wire));
    }

    [Theory, ClassData(typeof(Pollers))]
    public void Dialled_connections_have_their_options(PollerKind kind)
    {
        Pollers.SkipUnlessLinux();
        using Socket listener = ListenAddress.Parse("127.0.0.1:0").Bind(ListenOptions.Default);
        using var loop = new TestLoop(kind);
        var dial = new Taker();
        loop.Run(() => loop.Loop.Dial(listener.LocalEndPoint!, new DialOptions { Tcp = s_odd }, dial));
        Wire wire = Wait.For(dial.Wire.Task, "the dial");
        AssertOdd(DescriptorOf(wire));
        loop.Run(() => wire.Close(CloseMode.Close));
    }

    [Theory, ClassData(typeof(Pollers))]
    public void Statistics_count_what_the_peer_acknowledged(PollerKind kind)
    {
        Pollers.SkipUnlessLinux();
        const int Total = 200_000;
        using var server = new TestServer(kind) { Appetite = Appetite.Echo };
        (Socket client, TestConnection connection) = server.Pair();
        using Socket _ = client;
        client.Send(new byte[Total]);
        Wait.Exactly(client, Total);
        TcpStatistics statistics = default;
        Wait.Until(
            () => server.TestLoop.Run(() => connection.Wire.TryGetStatistics(out statistics))
                && statistics.AcknowledgedBytes == Total,
            "all bytes to be acknowledged");
        Assert.Equal(0, statistics.UnacknowledgedBytes);
        Assert.Equal(0, statistics.UnsentBytes);
        Assert.InRange(statistics.RoundTrip, TimeSpan.FromTicks(1), TimeSpan.FromSeconds(1));
        Assert.InRange(statistics.SinceLastAcknowledgement, TimeSpan.Zero, TimeSpan.FromSeconds(20));
        server.On(connection, c =>
        {
            // More than the peer's window can grow to: what is left in our kernel stays there.
            var block = new byte[1 << 20];
            for (int i = 0; i < 40; i++)
                c.Send(block, flush: false);
            c.Flush();
        });
        Wait.Until(
            () => server.TestLoop.Run(() => connection.Wire.TryGetStatistics(out statistics))
                && statistics.UnacknowledgedBytes + statistics.UnsentBytes > 0,
            "a full socket to show what it holds");
    }

    [Theory, ClassData(typeof(Pollers))]
    public void Nothing_is_inherited_by_a_child_process(PollerKind kind)
    {
        Pollers.SkipUnlessLinux();
        using var server = new TestServer(kind);
        (Socket client, TestConnection _) = server.Pair();
        using Socket listener = ListenAddress.Parse("127.0.0.1:0").Bind(ListenOptions.Default);
        var dial = new Taker();
        server.TestLoop.Run(() => server.Loop.Dial(listener.LocalEndPoint!, new DialOptions(), dial));
        Wire wire = Wait.For(dial.Wire.Task, "the dial");
        Assert.Empty(Sys.InheritedSockets());
        server.TestLoop.Run(() => wire.Close(CloseMode.Close));
        client.Dispose();
    }

    private static void AssertOdd(int descriptor)
    {
        const int Tcp = 6; // numbers of linux/tcp.h and asm-generic/socket.h
        Assert.Equal(1, Sys.Option(descriptor, Tcp, 1)); // TCP_NODELAY
        Assert.Equal(77, Sys.Option(descriptor, Tcp, 4)); // TCP_KEEPIDLE
        Assert.Equal(13, Sys.Option(descriptor, Tcp, 5)); // TCP_KEEPINTVL
        Assert.Equal(4, Sys.Option(descriptor, Tcp, 6)); // TCP_KEEPCNT
        Assert.Equal(99_000, Sys.Option(descriptor, Tcp, 18)); // TCP_USER_TIMEOUT
        Assert.Equal(32 << 10, Sys.Option(descriptor, Tcp, 25)); // TCP_NOTSENT_LOWAT
        Assert.Equal(1, Sys.Option(descriptor, 1, 9)); // SO_KEEPALIVE
        Assert.Equal(1, Sys.Option(descriptor, 1, 10)); // SO_OOBINLINE
    }

    private static int DescriptorOf(Wire wire)
    {
        if (EpollPoller.IsSupported && wire is EpollWire epoll)
            return epoll.Descriptor;
        FieldInfo field = wire.GetType().GetField("_socket", BindingFlags.NonPublic | BindingFlags.Instance)!;
        return (int)((Socket)field.GetValue(wire)!).Handle;
    }

    private sealed class Taker : IDialHandler
    {
        internal TaskCompletionSource<Wire> Wire { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void OnDialled(Wire? wire, TransportError error) => Wire.SetResult(wire!);
    }
}
