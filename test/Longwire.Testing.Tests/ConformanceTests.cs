using System.Net;
using System.Net.Sockets;
using Longwire.Primitives;
using Longwire.Transport;

namespace Longwire.Testing.Tests;

/// <summary>The wires in memory behave as the real ones do.</summary>
public sealed class ConformanceTests
{
    private static readonly byte[] s_pattern = [.. Enumerable.Range(0, 300_000).Select(i => (byte)(i * 31 >> 3))];

    [Theory]
    [InlineData(WireStyle.Readiness)]
    [InlineData(WireStyle.Completion)]
    public void Echo_comes_back_and_the_server_parks_on_its_read(WireStyle style)
    {
        using Rig rig = Echo(style);
        MemoryPeer peer = rig.Connect();
        Assert.True(peer.ServerIsParkedOnRead);
        peer.Send("hello"u8);
        Assert.False(peer.ServerIsParkedOnRead);
        rig.Scheduler.RunUntilIdle();
        Assert.Equal("hello"u8, peer.Receive());
        Assert.True(peer.ServerIsParkedOnRead);
        peer.Fin();
        rig.Scheduler.RunUntilIdle();
        Assert.True(peer.SawFin && peer.IsClosedByServer && !peer.SawReset);
    }

    [Theory]
    [InlineData(WireStyle.Readiness)]
    [InlineData(WireStyle.Completion)]
    public void Partial_writes_arrive_in_order(WireStyle style)
    {
        using Rig rig = Echo(style);
        MemoryPeer peer = rig.Connect();
        peer.StopReading();
        peer.Send(s_pattern);
        rig.Scheduler.RunUntilIdle();
        Assert.True(peer.ServerIsBlockedOnWrite);
        Assert.True(peer.UnsentBytes > 0);
        peer.ResumeReading();
        rig.Scheduler.RunUntilIdle();
        Assert.Equal(s_pattern, peer.Receive());
        var session = (EchoSession)rig.Sessions[0];
        Assert.Equal(style == WireStyle.Completion, session.PendingWrites > 0);
        peer.Reset();
        rig.Scheduler.RunUntilIdle();
        Assert.True(session.Wire.IsClosed);
    }

    [Theory]
    [InlineData(WireStyle.Readiness)]
    [InlineData(WireStyle.Completion)]
    public void Fin_while_paused_does_not_spin_and_is_read_later(WireStyle style)
    {
        using Rig rig = Scripted(style);
        MemoryPeer peer = rig.Connect();
        var session = (ScriptedSession)rig.Sessions[0];
        peer.Send("last"u8);
        peer.Fin();
        rig.Scheduler.RunFor(TimeSpan.FromSeconds(10));
        Assert.InRange(session.Calls, 1, 3);
        Assert.True(session.Wire.IsReadable);
        Assert.Equal((IoStatus.Done, 4), ReadOnce(session));
        rig.Scheduler.RunUntilIdle();
        Assert.True(session.Wire.IsReadable, "a FIN stands behind the last bytes");
        Assert.Equal((IoStatus.EndOfStream, 0), ReadOnce(session));
        session.Wire.Close(CloseMode.Close);
    }

    [Theory]
    [InlineData(WireStyle.Readiness)]
    [InlineData(WireStyle.Completion)]
    public void Half_close_is_still_answered(WireStyle style)
    {
        using Rig rig = Echo(style);
        MemoryPeer peer = rig.Connect();
        peer.Send("question"u8);
        peer.Fin();
        rig.Scheduler.RunUntilIdle();
        Assert.Equal("question"u8, peer.Receive());
        Assert.True(peer.SawFin);
        Assert.False(peer.SawReset);
    }

    [Theory]
    [InlineData(WireStyle.Readiness)]
    [InlineData(WireStyle.Completion)]
    public void Reset_in_mid_write_fails_it_and_frees_every_frame(WireStyle style)
    {
        using Rig rig = Echo(style);
        MemoryPeer peer = rig.Connect();
        peer.StopReading();
        peer.Send(s_pattern);
        rig.Scheduler.RunUntilIdle();
        Assert.True(peer.ServerIsBlockedOnWrite);
        peer.Reset();
        rig.Scheduler.RunUntilIdle();
        Assert.True(peer.IsClosedByServer);
        Assert.Equal(0, rig.Pool.Leases(LeaseOwner.Frame));
    }

    [Theory]
    [InlineData(WireStyle.Readiness)]
    [InlineData(WireStyle.Completion)]
    public void A_reset_is_told_once_and_then_the_end(WireStyle style)
    {
        using Rig rig = Scripted(style);
        MemoryPeer peer = rig.Connect();
        var session = (ScriptedSession)rig.Sessions[0];
        peer.Reset();
        rig.Scheduler.RunUntilIdle();
        Assert.True(session.Wire.IsReadable);
        Assert.Equal(new IoResult(IoStatus.Failed, 0, TransportError.Reset), session.Wire.Read(new byte[8]));
        Assert.Equal(IoStatus.EndOfStream, session.Wire.Read(new byte[8]).Status);
        session.Wire.Close(CloseMode.Abort);
        Assert.Equal(TransportError.Closed, session.Wire.Read(new byte[8]).Error);
    }

    [Theory]
    [InlineData(WireStyle.Readiness)]
    [InlineData(WireStyle.Completion)]
    public void A_reset_behind_a_fin_is_seen_by_a_write_only(WireStyle style)
    {
        using Rig rig = Scripted(style);
        MemoryPeer peer = rig.Connect();
        Wire wire = rig.Sessions[0].Wire;
        peer.Fin();
        peer.Reset();
        rig.Scheduler.RunUntilIdle();
        Assert.Equal(IoStatus.EndOfStream, wire.Read(new byte[8]).Status);
        Frame frame = rig.Frame("x"u8);
        Assert.Equal(TransportError.Reset, wire.Write([new Segment(frame)]).Error);
        frame.Release();
        Assert.Equal(IoStatus.EndOfStream, wire.Read(new byte[8]).Status);
    }

    [Theory]
    [InlineData(WireStyle.Readiness)]
    [InlineData(WireStyle.Completion)]
    public void Close_with_unread_input_resets(WireStyle style)
    {
        using Rig rig = Scripted(style);
        MemoryPeer peer = rig.Connect();
        peer.Send("unread"u8);
        rig.Scheduler.RunUntilIdle();
        rig.Sessions[0].Wire.Close(CloseMode.Close);
        Assert.True(peer.SawReset);
        Assert.False(peer.SawFin);
    }

    [Fact]
    public void Bytes_for_a_closed_end_are_answered_by_a_reset()
    {
        using Rig rig = Scripted(WireStyle.Readiness);
        MemoryPeer peer = rig.Connect();
        rig.Sessions[0].Wire.Close(CloseMode.Close);
        Assert.True(peer.SawFin);
        Assert.False(peer.SawReset);
        peer.Send("late"u8);
        Assert.True(peer.SawReset);
    }

    [Theory]
    [InlineData(WireStyle.Readiness)]
    [InlineData(WireStyle.Completion)]
    public void Closing_a_wire_with_a_pending_write_completes_it_by_the_inbox(WireStyle style)
    {
        using Rig rig = Scripted(style);
        MemoryPeer peer = rig.Connect();
        peer.StopReading();
        var session = (ScriptedSession)rig.Sessions[0];
        Frame frame = rig.Frame(s_pattern);
        int from = session.Wire.Write([new Segment(frame)]).Bytes;
        Assert.Equal(64 << 10, from);
        IoStatus second = session.Wire.Write([new Segment(frame, from)]).Status;
        Assert.Equal(style == WireStyle.Completion ? IoStatus.Pending : IoStatus.WouldBlock, second);
        session.Wire.Close(CloseMode.Abort);
        bool completed = false;
        session.Ready = s => completed =
            s.Wire.TakeCompleted(out IoResult result) && result.Error == TransportError.Closed;
        rig.Scheduler.RunUntilIdle();
        Assert.Equal(style == WireStyle.Completion, completed);
        Assert.False(session.Wire.HasPendingWrite);
        frame.Release();
    }

    [Fact]
    public void Dial_connects_two_loops_is_refused_and_times_out()
    {
        using Rig rig = Echo(WireStyle.Mixed);
        var dialler = new Dialler();
        Dial(rig, Rig.Address, dialler);
        Assert.Equal(TransportError.None, dialler.Error);
        var client = new ScriptedSession(dialler.Wire!, rig.Loops[1]);
        rig.Loops[1].Post(client);
        Frame frame = rig.Frame("over"u8);
        dialler.Wire!.Write([new Segment(frame)]);
        rig.Scheduler.RunUntilIdle();
        frame.Release();
        Assert.Equal((IoStatus.Done, 4), ReadOnce(client));
        dialler.Wire.Close(CloseMode.Close);

        Dial(rig, new IPEndPoint(IPAddress.Loopback, 9), dialler);
        Assert.Equal((null, TransportError.Refused), (dialler.Wire, dialler.Error));

        rig.Network.Faults = rig.Network.Faults with { Unanswered = 1 };
        Dial(rig, Rig.Address, dialler);
        Assert.Equal(2, dialler.Calls);
        rig.Scheduler.RunFor(TimeSpan.FromSeconds(11));
        Assert.Equal((3, TransportError.TimedOut), (dialler.Calls, dialler.Error));
    }

    [Fact]
    public void An_address_is_taken_once_and_free_again_after_stop()
    {
        using Rig rig = Echo(WireStyle.Readiness);
        ListenAddress address = ListenAddress.Parse("tcp://127.0.0.1:7000");
        SocketException taken = Assert.Throws<SocketException>(
            () => rig.Loops[0].Listen(address, ListenOptions.Default, rig));
        Assert.Equal(SocketError.AddressAlreadyInUse, taken.SocketErrorCode);
        MemoryPeer waiting = rig.Network.Connect(Rig.Address);
        rig.Listener.Stop();
        Assert.True(waiting.SawReset);
        Assert.Throws<SocketException>(() => rig.Network.Connect(Rig.Address));
        Listener again = rig.Loops[0].Listen(ListenAddress.Parse("tcp://*:0"), ListenOptions.Default, rig);
        Assert.NotEqual(0, ((IPEndPoint)again.LocalEndPoint).Port);
        Assert.False(rig.Network.Connect(new IPEndPoint(IPAddress.Loopback, 40_000)).SawReset);
    }

    [Fact]
    public void A_listener_backs_off_from_accept_errors_and_recovers()
    {
        using Rig rig = Echo(WireStyle.Readiness);
        rig.Network.Faults = FaultPlan.None with { AcceptError = 1, AcceptErrors = [TransportError.OutOfMemory] };
        MemoryPeer peer = rig.Connect();
        rig.Scheduler.RunFor(TimeSpan.FromSeconds(1));
        Assert.False(peer.IsAccepted);
        Assert.InRange(rig.AcceptErrors.Count, 3, 10);
        Assert.True(rig.AcceptErrors[1].BackOff > rig.AcceptErrors[0].BackOff);
        rig.Network.Faults = FaultPlan.None;
        rig.Scheduler.RunFor(TimeSpan.FromSeconds(2));
        Assert.True(peer.ServerIsParkedOnRead);
    }

    private static Rig Echo(WireStyle style)
    {
        Rig rig = null!;
        rig = new Rig((wire, loop) => new EchoSession(rig, wire, loop), FaultPlan.None with { WireStyle = style });
        return rig;
    }

    private static Rig Scripted(WireStyle style) =>
        new((wire, loop) => new ScriptedSession(wire, loop), FaultPlan.None with { WireStyle = style });

    private static (IoStatus Status, int Bytes) ReadOnce(SessionBase session)
    {
        IoResult result = session.Wire.Read(new byte[100]);
        return (result.Status, result.Bytes);
    }

    private static void Dial(Rig rig, IPEndPoint target, Dialler dialler)
    {
        rig.Loops[1].Post(new DialWork(rig.Loops[1], target, dialler));
        rig.Scheduler.RunUntilIdle();
    }

    private sealed class DialWork(Loop loop, IPEndPoint target, Dialler dialler) : LoopWork
    {
        protected override void Run() => loop.Dial(target, new DialOptions(), dialler);
    }

    private sealed class Dialler : IDialHandler
    {
        internal Wire? Wire { get; private set; }

        internal TransportError Error { get; private set; }

        internal int Calls { get; private set; }

        public void OnDialled(Wire? wire, TransportError error) => (Wire, Error, Calls) = (wire, error, Calls + 1);
    }
}
