using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Longwire.Transport.Tests;

public sealed class DialTests
{
    [Theory, ClassData(typeof(Pollers))]
    public void A_dial_connects_and_the_banner_sent_at_once_is_read(PollerKind kind)
    {
        using Socket server = Bound(out EndPoint endPoint);
        using var loop = new TestLoop(kind);
        for (int i = 0; i < 50; i++)
        {
            // The dialling loop is held until the banner has arrived: connected and readable come as one event.
            var dial = new Dialled(loop);
            Socket? accepted = null;
            loop.Run(() =>
            {
                loop.Loop.Dial(endPoint, new DialOptions(), dial);
                accepted = server.Accept();
                accepted.Send("220 hello"u8);
            });
            Wait.For(dial.Done, "the dial");
            Assert.Equal(TransportError.None, dial.Error);
            Assert.Equal(PeerAddress.From(endPoint), dial.Connection!.Wire.Remote);
            Wait.Until(() => dial.Connection.Input.Length == 9, "the banner");
            loop.Run(() => dial.Connection.Send("EHLO"u8));
            Assert.Equal("EHLO"u8.ToArray(), Wait.Exactly(accepted!, 4));
            loop.Run(() => dial.Connection.Close(CloseMode.Close));
            accepted!.Dispose();
        }
    }

    [Theory, ClassData(typeof(Pollers))]
    public void A_wire_that_is_added_later_is_told_what_it_missed(PollerKind kind)
    {
        using Socket server = Bound(out EndPoint endPoint);
        using var loop = new TestLoop(kind);
        var dial = new Dialled(loop) { AddLater = true };
        loop.Run(() => loop.Loop.Dial(endPoint, new DialOptions(), dial));
        using Socket accepted = server.Accept();
        Wait.For(dial.Done, "the dial");
        accepted.Send("early"u8);
        accepted.Shutdown(SocketShutdown.Send);
        loop.Run(() => { });
        loop.Run(dial.Add);
        Wait.Until(() => dial.Connection!.Ended, "the end");
        Assert.Equal("early"u8.ToArray(), dial.Connection!.Input);
        Assert.Equal(1, dial.Calls);
        loop.Run(() => dial.Connection.Close(CloseMode.Close));
    }

    [Theory, ClassData(typeof(Pollers))]
    public void A_dialled_wire_is_refused_by_another_loop(PollerKind kind)
    {
        using Socket server = Bound(out EndPoint endPoint);
        using var loop = new TestLoop(kind);
        using var other = new TestLoop(kind, index: 1);
        var dial = new Dialled(loop) { AddLater = true };
        loop.Run(() => loop.Loop.Dial(endPoint, new DialOptions(), dial));
        using Socket accepted = server.Accept();
        Wait.For(dial.Done, "the dial");
        other.Run(() => Assert.Throws<InvalidOperationException>(
            () => other.Loop.Add(dial.Connection!.Wire, dial.Connection)));
        loop.Run(dial.Add);
        loop.Run(() => dial.Connection!.Close(CloseMode.Close));
    }

    [Theory, ClassData(typeof(Pollers))]
    public void A_dial_to_nobody_is_refused(PollerKind kind)
    {
        Socket server = Bound(out EndPoint endPoint);
        server.Dispose();
        Assert.Equal(TransportError.Refused, Fails(kind, endPoint, new DialOptions()));
    }

    [Theory, ClassData(typeof(Pollers))]
    public void A_dial_to_a_missing_unix_socket_fails(PollerKind kind) => Assert.Equal(
        TransportError.AddressNotAvailable,
        Fails(kind, new UnixDomainSocketEndPoint(ListenerTests.NewPath()), new DialOptions()));

    [Theory, ClassData(typeof(Pollers))]
    public void A_dial_to_a_full_backlog_times_out_not_early(PollerKind kind)
    {
        Pollers.SkipUnlessLinux();
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        server.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        server.Listen(0);
        // A backlog of n holds n + 1; behind it Linux drops the SYN, so a connect hangs without leaving the machine.
        using Socket first = TestServer.Connect(server.LocalEndPoint!);
        using var loop = new TestLoop(kind);
        var watch = Stopwatch.StartNew();
        var dial = new Dialled(loop);
        var options = new DialOptions { Timeout = TimeSpan.FromMilliseconds(300) };
        loop.Run(() => loop.Loop.Dial(server.LocalEndPoint!, options, dial));
        Wait.For(dial.Done, "the time-out");
        Assert.Equal(TransportError.TimedOut, dial.Error);
        Assert.InRange(watch.ElapsedMilliseconds, 300, 5_000);
        loop.Run(() => { });
        Assert.Equal(1, dial.Calls);
    }

    [Theory, ClassData(typeof(Pollers))]
    public void A_dial_uses_its_local_address(PollerKind kind)
    {
        Pollers.SkipUnlessLinux();
        using Socket server = Bound(out EndPoint endPoint);
        using var loop = new TestLoop(kind);
        var dial = new Dialled(loop);
        var options = new DialOptions { Local = new IPEndPoint(IPAddress.Parse("127.0.0.2"), 0) };
        loop.Run(() => loop.Loop.Dial(endPoint, options, dial));
        using Socket accepted = server.Accept();
        Assert.Equal(IPAddress.Parse("127.0.0.2"), ((IPEndPoint)accepted.RemoteEndPoint!).Address);
        Wait.For(dial.Done, "the dial");
        loop.Run(() => dial.Connection!.Close(CloseMode.Close));
    }

    [Theory, ClassData(typeof(Pollers))]
    public void A_dial_from_a_foreign_address_fails(PollerKind kind)
    {
        using Socket server = Bound(out EndPoint endPoint);
        // 192.0.2.0/24 is documentation's (RFC 5737): no machine has it.
        var options = new DialOptions { Local = new IPEndPoint(IPAddress.Parse("192.0.2.1"), 0) };
        Assert.Equal(TransportError.AddressNotAvailable, Fails(kind, endPoint, options));
    }

    [Theory, ClassData(typeof(Pollers))]
    public void A_dial_to_a_name_is_a_mistake_of_the_caller(PollerKind kind)
    {
        using var loop = new TestLoop(kind);
        var dial = new Dialled(loop);
        loop.Run(() => Assert.Throws<ArgumentException>(
            () => loop.Loop.Dial(new DnsEndPoint("localhost", 1), new DialOptions(), dial)));
    }

    [Theory, ClassData(typeof(Pollers))]
    public void A_fault_in_a_dial_handler_costs_nobody_the_loop(PollerKind kind)
    {
        using Socket server = Bound(out EndPoint endPoint);
        using var loop = new TestLoop(kind) { ExpectFaults = true };
        var bad = new Dialled(loop) { Fault = true };
        loop.Run(() => loop.Loop.Dial(endPoint, new DialOptions(), bad));
        using Socket accepted = server.Accept();
        Wait.Until(() => loop.Faults.Count > 0, "the fault to be reported");
        loop.Run(() => { }, "the loop to live");
        Assert.Equal(1, bad.Calls);
    }

    private static TransportError Fails(PollerKind kind, EndPoint endPoint, DialOptions options)
    {
        using var loop = new TestLoop(kind);
        var dial = new Dialled(loop);
        loop.Run(() =>
        {
            loop.Loop.Dial(endPoint, options, dial);
            Assert.Equal(0, dial.Calls); // never from within the call
        });
        Wait.For(dial.Done, "the dial to fail");
        Assert.Equal(1, loop.Run(() => dial.Calls));
        Assert.Null(dial.Connection);
        return dial.Error;
    }

    private static Socket Bound(out EndPoint endPoint)
    {
        Socket socket = ListenAddress.Parse("127.0.0.1:0").Bind(ListenOptions.Default);
        socket.Blocking = true;
        endPoint = socket.LocalEndPoint!;
        return socket;
    }

    private sealed class Dialled(TestLoop loop) : IDialHandler
    {
        internal ManualResetEventSlim Done { get; } = new();

        internal bool AddLater { get; init; }

        internal bool Fault { get; init; }

        internal TestConnection? Connection { get; private set; }

        internal TransportError Error { get; private set; }

        internal int Calls { get; private set; }

        public void OnDialled(Wire? wire, TransportError error)
        {
            Calls++;
            Error = error;
            if (Fault)
            {
                wire!.Close(CloseMode.Abort);
                throw new InvalidOperationException("bad dial handler");
            }
            if (wire is not null)
            {
                Connection = new TestConnection(loop.Loop, loop.Pool, wire);
                if (!AddLater)
                    Add();
            }
            Done.Set();
        }

        internal void Add() => loop.Loop.Add(Connection!.Wire, Connection);
    }
}
