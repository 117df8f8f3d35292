using System.Net;
using Longwire.Primitives;
using Longwire.Transport;

namespace Longwire.Testing;

/// <summary>A connect in progress on a network in memory.</summary>
/// <remarks>
/// Owner: itself, until it has told its handler once. Concurrency: the loop. Bound:
/// <see cref="DialOptions.Timeout"/>.
/// </remarks>
internal sealed class MemoryDial : TimedWork
{
    private readonly MemoryNetwork _network;
    private readonly Loop _loop;
    private readonly IDialHandler _handler;
    private readonly EndPoint _target;
    private MemoryEnd? _end;
    private bool _isTold;

    private MemoryDial(MemoryNetwork network, Loop loop, EndPoint target, IDialHandler handler)
    {
        _network = network;
        _loop = loop;
        _target = target;
        _handler = handler;
    }

    /// <summary>The answer arrived.</summary>
    protected internal override void Run()
    {
        if (_isTold)
        {
            _end?.Close(CloseMode.Abort); // answered in the tick in which it timed out
            return;
        }
        _isTold = true;
        _loop.Wheel.Disarm(this);
        if (_end is null)
            _handler.OnDialled(null, TransportError.Refused);
        else
            _handler.OnDialled(_network.CreateWire(_end, PeerAddress.From(_target)), TransportError.None);
    }

    protected internal override void OnTimer(long tick)
    {
        _isTold = true;
        _handler.OnDialled(null, TransportError.TimedOut);
    }

    internal static void Begin(
        MemoryNetwork network, Loop loop, EndPoint target, DialOptions options, IDialHandler handler)
    {
        var dial = new MemoryDial(network, loop, target, handler);
        EndPoint from = options.Local ?? network.NextClient();
        loop.Wheel.Arm(dial, loop.NowTick + Loop.ToTicks(options.Timeout));
        if (network.Draw(network.Faults.Unanswered))
            return;
        network.TryDelay(out TimeSpan due);
        network.Schedule(due, () => dial.Answer(from));
    }

    private void Answer(EndPoint from)
    {
        if (_isTold)
            return;
        _end = _network.TryConnect(_target, from);
        _loop.Post(this);
    }
}
