using Longwire.Load.Connections;
using Longwire.Load.Protocols;
using Longwire.Primitives;

namespace Longwire.Load.Workloads;

/// <summary>A connection that publishes: when told to, or with a number of messages in flight.</summary>
/// <remarks>
/// Owner: a workload. Concurrency: the driver's loop. Bound: with a window, its messages; with a rate, what the server
/// does not read waits in the connection's queue and shows as latency.
/// </remarks>
internal sealed class Publisher(LoadLoop owner, int number, int index)
    : LoadConnection(owner, number, subscribes: false)
{
    private int[] _missing = []; // readers that message n has not reached yet, at n modulo the window
    private int _readers;

    /// <summary>Payload bytes of the messages.</summary>
    internal int MessageBytes { get; set; }

    /// <summary>What their bodies are.</summary>
    internal MessageBody Body { get; init; }

    /// <summary>Messages sent so far; the last one's number.</summary>
    internal long Published { get; private set; }

    /// <summary>A probe was answered since <see cref="ProbeAll"/>.</summary>
    internal bool IsProbed { get; private set; }

    /// <summary>Closed loop: as many messages in flight; one is done when each of the readers has it.</summary>
    internal void BeginWindow(int window, int readers)
    {
        _missing = new int[window];
        _readers = readers;
        for (int i = 0; i < window; i++)
            Publish(TimeProvider.System.GetTimestamp());
    }

    /// <summary>Publishes no more by itself.</summary>
    internal void Stop() => _readers = 0;

    /// <summary>Asks for a sign that the server has read all that was published.</summary>
    internal void ProbeAll()
    {
        IsProbed = false;
        Probe();
    }

    /// <summary>A reader has a message.</summary>
    internal void OnDelivered(long number)
    {
        if (_missing.Length > 0 && --_missing[(int)((ulong)number % (uint)_missing.Length)] == 0 && _readers > 0)
            Publish(Owner.Now);
    }

    internal void Publish(long due)
    {
        Frame frame = Owner.RentFrame(Owner.Protocol.FrameBytes(MessageBytes));
        Published++;
        PushMessage.Write(Owner.Protocol.WriteFrame(frame.Span, MessageBytes), index, Published, due, Body);
        if (_missing.Length > 0)
            _missing[(int)((ulong)Published % (uint)_missing.Length)] = _readers;
        Send(frame);
    }

    protected override void OnProbed() => IsProbed = true;
}
