using System.Net;
using Longwire.Primitives;
using Longwire.Transport;

namespace Longwire.Testing.Tests;

/// <summary>
/// A network with loops and a listener on the first of them whose connections go to the next loop in turn.
/// </summary>
internal sealed class Rig : IAcceptHandler, ILoopTenant, IDisposable
{
    internal static readonly IPEndPoint Address = new(IPAddress.Loopback, 7000);

    private readonly Func<Wire, Loop, SessionBase> _create;

    internal Rig(Func<Wire, Loop, SessionBase> create, FaultPlan? faults = null, ulong seed = 1, int loops = 2)
    {
        _create = create;
        Network = new MemoryNetwork(Time, faults ?? FaultPlan.None, seed);
        Scheduler = new LoopScheduler(Network, seed + 1) { StepLimit = 100_000 };
        for (int i = 0; i < loops; i++)
            Loops.Add(new Loop(i, Network.CreatePoller(), Pool, Time) { Tenant = this });
        Listener = Loops[0].Listen(ListenAddress.Parse("tcp://127.0.0.1:7000"), ListenOptions.Default, this);
        Scheduler.RunUntilIdle();
    }

    internal VirtualTime Time { get; } = new();

    internal MemoryNetwork Network { get; }

    internal LoopScheduler Scheduler { get; }

    internal SlabPool Pool { get; } = new();

    internal List<Loop> Loops { get; } = [];

    internal Listener Listener { get; }

    internal List<SessionBase> Sessions { get; } = [];

    internal List<(TransportError Error, TimeSpan BackOff)> AcceptErrors { get; } = [];

    public void OnAccepted(Wire wire)
    {
        Loop loop = Loops[Sessions.Count % Loops.Count];
        SessionBase session = _create(wire, loop);
        Sessions.Add(session);
        loop.Post(session);
    }

    public void OnAcceptFailed(TransportError error, TimeSpan backOff) => AcceptErrors.Add((error, backOff));

    public bool Flush() => false;

    public void OnFault(Exception exception, object? culprit) =>
        throw new SimulationFailedException("A callback threw.", exception);

    public void OnHeld(TimeSpan duration, object? culprit)
    {
    }

    public void Dispose()
    {
        foreach (Loop loop in Loops)
            loop.Dispose();
    }

    internal MemoryPeer Connect()
    {
        MemoryPeer peer = Network.Connect(Address);
        Scheduler.RunUntilIdle();
        return peer;
    }

    internal Frame Frame(ReadOnlySpan<byte> bytes)
    {
        Assert.True(Pool.TryRentFrame(bytes.Length, out Frame? frame));
        bytes.CopyTo(frame.Span);
        return frame;
    }
}

/// <summary>A connection of the rig; posting it to its loop adds the wire there.</summary>
internal abstract class SessionBase(Wire wire, Loop loop) : LoopWork, IWireHandler
{
    internal Wire Wire { get; } = wire;

    internal Loop Loop { get; } = loop;

    internal List<IoResult> Reads { get; } = [];

    public abstract void OnReady();

    protected override void Run() => Loop.Add(Wire, this);
}

/// <summary>Sends every byte back, in order, and closes after the peer's FIN.</summary>
internal sealed class EchoSession(Rig rig, Wire wire, Loop loop) : SessionBase(wire, loop)
{
    private const int HighWater = 32 << 10;

    private readonly Queue<Frame> _queue = new();
    private int _from;
    private int _queued;
    private bool _end;

    internal int PendingWrites { get; private set; }

    internal int ShortWrites { get; private set; }

    public override void OnReady()
    {
        if (Wire.TakeCompleted(out IoResult completed))
            Sent(completed);
        Read();
        Flush();
    }

    private void Read()
    {
        while (Wire.IsReadable && !_end && _queued < HighWater)
        {
            IoResult read = Wire.Read(Loop.ReceiveBuffer[..4096]);
            Reads.Add(read);
            if (read.Status == IoStatus.Done)
            {
                _queue.Enqueue(rig.Frame(Loop.ReceiveBuffer[..read.Bytes]));
                _queued += read.Bytes;
            }
            _end |= read.Status == IoStatus.EndOfStream;
            if (read.Status == IoStatus.Failed)
                End(CloseMode.Abort);
        }
    }

    private void Flush()
    {
        while (_queue.Count > 0 && Wire.IsWritable && !Wire.HasPendingWrite && !Wire.IsClosed)
        {
            Segment[] segments = [.. _queue.Take(64).Select((frame, i) => new Segment(frame, i == 0 ? _from : 0))];
            IoResult write = Wire.Write(segments);
            if (write.Status == IoStatus.Pending)
                PendingWrites++;
            else
                Sent(write);
        }
        if (_end && _queue.Count == 0)
            End(CloseMode.Close);
        else if (Wire.IsReadable && !_end && _queued < HighWater)
            Loop.MarkReady(Wire);
    }

    private void Sent(IoResult result)
    {
        if (result.Status == IoStatus.Failed)
        {
            End(CloseMode.Abort);
            return;
        }
        int left = result.Bytes;
        while (left > 0)
        {
            Frame frame = _queue.Peek();
            int taken = Math.Min(left, frame.Length - _from);
            left -= taken;
            _from += taken;
            _queued -= taken;
            if (_from < frame.Length)
                continue;
            _queue.Dequeue().Release();
            _from = 0;
        }
        ShortWrites += _queue.Count > 0 ? 1 : 0;
    }

    private void End(CloseMode mode)
    {
        Wire.Close(mode);
        if (Wire.HasPendingWrite)
            return; // the poller owns the frames until it says so
        while (_queue.TryDequeue(out Frame? frame))
            frame.Release();
    }
}

/// <summary>Does what the test tells it, when it tells it.</summary>
internal sealed class ScriptedSession(Wire wire, Loop loop) : SessionBase(wire, loop)
{
    internal Action<ScriptedSession>? Ready { get; set; }

    internal int Calls { get; private set; }

    public override void OnReady()
    {
        Calls++;
        Ready?.Invoke(this);
    }
}
