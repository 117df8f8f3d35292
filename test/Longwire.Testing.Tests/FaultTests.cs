using Longwire.Primitives;
using Longwire.Transport;

namespace Longwire.Testing.Tests;

/// <summary>
/// A faulty network loses nothing but what a reset loses, and does the same again for the same seed.
/// </summary>
public sealed class FaultTests
{
    [Fact]
    public void The_same_seed_gives_the_same_trace_and_others_differ()
    {
        HashSet<ulong> traces = [];
        for (ulong seed = 0; seed < 40; seed++)
        {
            Outcome first = RunEcho(seed);
            Assert.Equal(first, RunEcho(seed));
            Assert.True(traces.Add(first.Trace), $"seed {seed} repeats another seed's trace");
        }
    }

    [Fact]
    public void Every_byte_is_echoed_in_order_unless_a_reset_was_seen()
    {
        var total = new Outcome();
        for (ulong seed = 100; seed < 400; seed++)
        {
            Outcome outcome = RunEcho(seed);
            total = total with
            {
                Complete = total.Complete + outcome.Complete,
                Reset = total.Reset + outcome.Reset,
                PendingWrites = total.PendingWrites + outcome.PendingWrites,
                ShortWrites = total.ShortWrites + outcome.ShortWrites,
                AcceptErrors = total.AcceptErrors + outcome.AcceptErrors,
                WouldBlocks = total.WouldBlocks + outcome.WouldBlocks,
            };
        }
        // Each fault was seen; a plan whose faults never happen would prove nothing.
        Assert.True(total is
        {
            Complete: > 1000, Reset: > 50, PendingWrites: > 100, ShortWrites: > 100, AcceptErrors: > 50,
            WouldBlocks: > 50,
        }, total.ToString());
    }

    [Fact]
    public void Delays_pass_in_virtual_time_and_keep_the_order()
    {
        using Rig rig = Scripted(FaultPlan.None with { Split = 1, Delay = 0.5 });
        MemoryPeer peer = rig.Connect();
        rig.Scheduler.RunFor(TimeSpan.FromSeconds(1));
        TimeSpan before = rig.Time.Elapsed;
        byte[] bytes = [.. Enumerable.Range(0, 200).Select(i => (byte)i)];
        var read = new List<byte>();
        ((ScriptedSession)rig.Sessions[0]).Ready = session =>
        {
            IoResult result = session.Wire.Read(session.Loop.ReceiveBuffer);
            read.AddRange(session.Loop.ReceiveBuffer[..result.Bytes]);
        };
        peer.Send(bytes);
        rig.Scheduler.RunUntil("everything arrived", () => read.Count == bytes.Length, TimeSpan.FromSeconds(1));
        Assert.Equal(bytes, read);
        Assert.True(rig.Time.Elapsed > before);
    }

    [Fact]
    public void A_stalled_peer_blocks_the_server_and_ends_its_stall()
    {
        using Rig rig = Echo(FaultPlan.None with { Stall = 1 });
        MemoryPeer peer = rig.Connect();
        peer.Send(new byte[200_000]);
        rig.Scheduler.RunUntilIdle();
        Assert.True(peer.IsReadingStopped && peer.ServerIsBlockedOnWrite);
        rig.Network.Faults = FaultPlan.None;
        rig.Scheduler.RunFor(TimeSpan.FromSeconds(5));
        Assert.Equal(200_000, peer.ReceivedBytes);
    }

    [Fact]
    public void A_burst_arrives_at_once()
    {
        using Rig rig = Scripted(FaultPlan.None with { AcceptBurst = 1 });
        for (int i = 0; i < 100; i++)
            rig.Network.Connect(Rig.Address);
        rig.Scheduler.RunFor(TimeSpan.FromMilliseconds(99));
        Assert.Empty(rig.Sessions);
        rig.Scheduler.RunFor(TimeSpan.FromMilliseconds(1));
        Assert.Equal(100, rig.Sessions.Count);
    }

    [Theory]
    [InlineData(WireStyle.Readiness)]
    [InlineData(WireStyle.Completion)]
    public void Spurious_readiness_finds_nothing_to_read(WireStyle style)
    {
        using Rig rig = Echo(FaultPlan.None with { SpuriousReady = 1, WireStyle = style });
        rig.Network.Connect(Rig.Address);
        for (int i = 0; i < 20; i++)
        {
            foreach (Loop loop in rig.Loops)
                rig.Scheduler.Step(loop);
        }
        Assert.Contains(rig.Sessions[0].Reads, read => read.Status == IoStatus.WouldBlock);
    }

    private static Outcome RunEcho(ulong seed)
    {
        const int Peers = 8;
        var random = new SeededRandom(seed);
        using Rig rig = Echo(FaultPlan.Draw(random), random.NextUInt64());
        List<(MemoryPeer Peer, byte[] Sent)> peers = [];
        for (int i = 0; i < Peers; i++)
        {
            byte[] bytes = new byte[random.Between(1, 20_000)];
            random.Fill(bytes);
            MemoryPeer peer = rig.Network.Connect(Rig.Address);
            peers.Add((peer, bytes));
            for (int sent = 0; sent < bytes.Length;)
            {
                int piece = random.Between(1, bytes.Length - sent);
                peer.Send(bytes.AsSpan(sent, piece));
                sent += piece;
                rig.Scheduler.StepOne();
            }
            peer.Fin();
        }
        rig.Scheduler.RunUntil(
            "each peer saw the end", () => peers.TrueForAll(p => p.Peer.SawFin || p.Peer.SawReset),
            TimeSpan.FromMinutes(60));
        rig.Network.Faults = FaultPlan.None;
        rig.Scheduler.RunFor(TimeSpan.FromSeconds(10));
        int complete = 0;
        foreach ((MemoryPeer peer, byte[] sent) in peers)
        {
            byte[] received = peer.Receive();
            Assert.True(sent.AsSpan().StartsWith(received), $"seed {seed}: other bytes than were sent");
            Assert.True(peer.SawReset || received.Length == sent.Length, $"seed {seed}: bytes are missing");
            complete += received.Length == sent.Length ? 1 : 0;
        }
        Assert.Equal(0, rig.Pool.Leases(LeaseOwner.Frame));
        List<EchoSession> sessions = [.. rig.Sessions.Cast<EchoSession>()];
        return new(rig.Network.Trace.Hash, complete, Peers - complete, sessions.Sum(s => s.PendingWrites),
            sessions.Sum(s => s.ShortWrites), rig.AcceptErrors.Count,
            sessions.Sum(s => s.Reads.Count(r => r.Status == IoStatus.WouldBlock)));
    }

    private static Rig Echo(FaultPlan faults, ulong seed = 1)
    {
        Rig rig = null!;
        rig = new Rig((wire, loop) => new EchoSession(rig, wire, loop), faults, seed);
        return rig;
    }

    private static Rig Scripted(FaultPlan faults) => new((wire, loop) => new ScriptedSession(wire, loop), faults);

    private readonly record struct Outcome(
        ulong Trace, int Complete, int Reset, int PendingWrites, int ShortWrites, int AcceptErrors, int WouldBlocks);
}
