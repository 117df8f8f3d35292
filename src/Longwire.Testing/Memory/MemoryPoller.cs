using System.Net;
using System.Net.Sockets;
using Longwire.Transport;

namespace Longwire.Testing;

/// <summary>What a poller in memory tells of an event.</summary>
internal interface IMemoryTarget
{
    /// <summary>True from the event until the poll that tells it.</summary>
    bool IsSignalled { get; set; }

    /// <summary>On the loop, within the poll.</summary>
    void OnEvents();
}

/// <summary>The poller of one loop on a <see cref="MemoryNetwork"/>.</summary>
/// <remarks>
/// Owner: its loop. Concurrency: the simulation's thread. Bound: one event per wire and listener. It never waits: a
/// <see cref="LoopScheduler"/> knows until when its loop would, and <see cref="Loop.RunOnce"/> by hand looks only.
/// </remarks>
public sealed class MemoryPoller : Poller
{
    private readonly MemoryNetwork _network;
    private readonly List<MemoryWire> _wires = [];
    private List<IMemoryTarget> _events = [];
    private List<IMemoryTarget> _telling = [];

    internal MemoryPoller(MemoryNetwork network, int index)
    {
        _network = network;
        Actor = new LoopActor(network, this, index);
    }

    /// <inheritdoc/>
    public override string Name => "memory";

    /// <summary>A wake-up was asked for and the loop has not polled since.</summary>
    public bool IsWakePending { get; private set; }

    /// <summary>A poll would tell something.</summary>
    public bool HasEvents => _events.Count > 0;

    /// <summary>Wires that are watched.</summary>
    public int WireCount => _wires.Count;

    internal LoopActor Actor { get; }

    internal Loop? ServedLoop => Loop;

    /// <summary>Swallows wake-ups: a planted defect for the test of the detector.</summary>
    internal bool LosesWakes { get; set; }

    /// <inheritdoc/>
    protected internal override void Add(Wire wire)
    {
        var memoryWire = (MemoryWire)wire;
        memoryWire.Place = _wires.Count;
        _wires.Add(memoryWire);
        memoryWire.Attach(this);
    }

    /// <inheritdoc/>
    protected internal override void Wait(int timeout)
    {
        IsWakePending = false;
        if (_wires.Count > 0 && _network.Draw(_network.Faults.SpuriousReady))
            _wires[_network.Random.Next(_wires.Count)].PretendReadable();
        (_telling, _events) = (_events, _telling);
        foreach (IMemoryTarget target in _telling)
        {
            target.IsSignalled = false;
            target.OnEvents();
        }
        _telling.Clear();
    }

    /// <inheritdoc/>
    protected internal override void Wake()
    {
        _network.Trace.Add("wake", Actor.Index);
        IsWakePending |= !LosesWakes;
    }

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">Always: there are no sockets here; listen on an address.</exception>
    protected internal override Listener Listen(Socket socket, IAcceptHandler handler) =>
        throw new NotSupportedException("A network in memory has no sockets; listen on a ListenAddress.");

    /// <inheritdoc/>
    protected internal override Listener Listen(ListenAddress address, ListenOptions options, IAcceptHandler handler)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(options);
        return MemoryListener.Bind(_network, this, address.EndPoint, options.Backlog, handler);
    }

    /// <inheritdoc/>
    protected internal override void Dial(EndPoint target, DialOptions options, IDialHandler handler) =>
        MemoryDial.Begin(_network, Loop, target, options, handler);

    internal void Signal(IMemoryTarget target)
    {
        if (target.IsSignalled)
            return;
        target.IsSignalled = true;
        _events.Add(target);
    }

    internal void Forget(MemoryWire wire)
    {
        MemoryWire last = _wires[^1];
        _wires[wire.Place] = last;
        last.Place = wire.Place;
        _wires.RemoveAt(_wires.Count - 1);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _network.Forget(this);
}
