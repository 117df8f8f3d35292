using System.Net;
using System.Net.Sockets;
using Longwire.Transport;

namespace Longwire.Testing;

/// <summary>A network in memory: listeners, connections and what goes wrong between them, all from one seed.</summary>
/// <remarks>
/// Owner: the test. Concurrency: one thread, the simulation's. Bound: each direction of a connection holds <see
/// cref="FaultPlan.BufferBytes"/>, each listener its backlog. Without faults everything arrives at once; with them
/// it is scheduled in virtual time, and the network is an actor that delivers one thing at a turn.
/// </remarks>
public sealed class MemoryNetwork : IActor
{
    private const int FirstPort = 40_000; // where port 0 begins; below are the ports that tests name

    private readonly PriorityQueue<Action, (TimeSpan Due, long Order)> _scheduled = new();
    private readonly List<MemoryListener> _listeners = [];
    private readonly List<MemoryPoller> _pollers = [];
    private long _order;
    private int _connections;
    private int _ports = FirstPort;

    /// <summary>An empty network.</summary>
    public MemoryNetwork(VirtualTime time, FaultPlan faults, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(faults);
        Time = time;
        Faults = faults;
        Random = new SeededRandom(seed);
        Trace = new SimulationTrace(time);
    }

    /// <summary>The network's clock.</summary>
    public VirtualTime Time { get; }

    /// <summary>
    /// What goes wrong from now on. What is under way already keeps its time, so a network can be healed.
    /// </summary>
    public FaultPlan Faults { get; set; }

    /// <summary>The seed.</summary>
    public ulong Seed => Random.Seed;

    /// <summary>What happened.</summary>
    public SimulationTrace Trace { get; }

    /// <summary>The pollers that were made and not disposed, in order.</summary>
    public IReadOnlyList<MemoryPoller> Pollers => _pollers;

    /// <summary>Connections made so far.</summary>
    public int Connections => _connections;

    /// <summary>When the next thing arrives, counted from the clock's start; null when nothing is under way.</summary>
    public TimeSpan? NextArrival =>
        _scheduled.TryPeek(out _, out (TimeSpan Due, long Order) at) ? at.Due : null;

    /// <inheritdoc/>
    public string Name => "network";

    /// <inheritdoc/>
    public bool IsRunnable => NextArrival <= Time.Elapsed;

    internal SeededRandom Random { get; }

    /// <summary>A poller for one loop; the loop is stepped, never started.</summary>
    public MemoryPoller CreatePoller()
    {
        var poller = new MemoryPoller(this, _pollers.Count);
        _pollers.Add(poller);
        return poller;
    }

    /// <summary>Connects a client without a loop, from an address of its own in 10.0.0.0/8.</summary>
    /// <exception cref="SocketException">Nobody listens there, or the backlog is full.</exception>
    public MemoryPeer Connect(EndPoint target) => Connect(target, NextClient());

    /// <summary>Connects a client without a loop from a chosen address.</summary>
    /// <exception cref="SocketException">Nobody listens there, or the backlog is full.</exception>
    public MemoryPeer Connect(EndPoint target, IPEndPoint from)
    {
        ArgumentNullException.ThrowIfNull(from);
        MemoryEnd end = TryConnect(target, from)
            ?? throw new SocketException((int)SocketError.ConnectionRefused);
        return new MemoryPeer(this, end, from);
    }

    /// <summary>Delivers the first thing that is due.</summary>
    public void Step()
    {
        if (IsRunnable)
            OffLoop(_scheduled.Dequeue());
    }

    /// <summary>Delivers everything that is due; for tests that step their loops by hand.</summary>
    public void DeliverDue()
    {
        while (IsRunnable)
            Step();
    }

    internal bool Draw(double probability) => Random.Chance(probability);

    /// <summary>Draws whether something is delayed; <paramref name="due"/> is its time of arrival.</summary>
    internal bool TryDelay(out TimeSpan due)
    {
        due = Time.Elapsed;
        if (!Draw(Faults.Delay))
            return false;
        due += Random.NextTime(Faults.LongestDelay);
        return true;
    }

    internal void Schedule(TimeSpan due, Action action) => _scheduled.Enqueue(action, (due, ++_order));

    /// <summary>Runs what in truth happens on another thread: no loop is current.</summary>
    internal static void OffLoop(Action action)
    {
        Loop? outer = Loop.Current;
        Loop.Current = null;
        try
        {
            action();
        }
        finally
        {
            Loop.Current = outer;
        }
    }

    internal WireStyle ChooseStyle() => Faults.WireStyle == WireStyle.Mixed
        ? (WireStyle)Random.Next((int)WireStyle.Mixed)
        : Faults.WireStyle;

    internal MemoryWire CreateWire(MemoryEnd end, PeerAddress remote) => ChooseStyle() == WireStyle.Readiness
        ? new ReadinessWire(this, end, remote)
        : new CompletionWire(this, end, remote);

    internal IPEndPoint NextClient()
    {
        // 10.x.y.z: per-address limits see a client for each connection unless the test chooses otherwise.
        int number = _connections + 1;
        return new(new IPAddress([10, (byte)(number >> 16), (byte)(number >> 8), (byte)number]), 50_000);
    }

    /// <summary>The client's end, its other end on the way to the listener; null when it is refused.</summary>
    internal MemoryEnd? TryConnect(EndPoint target, EndPoint from)
    {
        if (Find(target) is not { HasRoom: true } listener)
            return null;
        MemoryEnd client = MemoryEnd.CreatePair(this, _connections++, Faults.BufferBytes);
        Trace.Add("connect", client.Connection);
        bool late = TryDelay(out TimeSpan due);
        if (Draw(Faults.AcceptBurst))
        {
            long window = Math.Max(1, Faults.BurstWindow.Ticks);
            due = new TimeSpan((Time.Elapsed.Ticks / window + 1) * window);
            late = true;
        }
        PeerAddress remote = PeerAddress.From(from);
        if (late)
            Schedule(due, () => listener.Offer(client.Other, remote));
        else
            listener.Offer(client.Other, remote);
        return client;
    }

    /// <summary>The address that a listener gets for the one it wants: port 0 is chosen here.</summary>
    internal EndPoint Reserve(EndPoint wanted)
    {
        EndPoint bound = wanted is IPEndPoint { Port: 0 } ip ? new IPEndPoint(ip.Address, _ports++) : wanted;
        return Find(bound) is null ? bound : throw new SocketException((int)SocketError.AddressAlreadyInUse);
    }

    internal void Bind(MemoryListener listener) => _listeners.Add(listener);

    internal void Unbind(MemoryListener listener) => _listeners.Remove(listener);

    internal void Forget(MemoryPoller poller) => _pollers.Remove(poller);

    private MemoryListener? Find(EndPoint target)
    {
        ArgumentNullException.ThrowIfNull(target);
        return _listeners.Find(l => Matches(l.LocalEndPoint, target));
    }

    private static bool Matches(EndPoint bound, EndPoint target)
    {
        if (bound is not IPEndPoint left || target is not IPEndPoint right)
            return bound.ToString() == target.ToString();
        return left.Port == right.Port
            && (left.Address.Equals(right.Address) || IsAny(left.Address) || IsAny(right.Address));
    }

    private static bool IsAny(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);
}
