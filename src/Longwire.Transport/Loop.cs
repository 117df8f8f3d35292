using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using Longwire.Primitives;
using Longwire.Transport.Layers;

namespace Longwire.Transport;

/// <summary>One thread that owns connections: an inbox, a timer wheel, a poller and one shared receive slab.</summary>
/// <remarks>
/// Owner: whoever made it. Concurrency: <see cref="Inbox.Post"/> and <see cref="RequestStop"/> from any thread; all
/// else on
/// the loop. Bound: a tick takes the inbox, each due timer, one turn per ready wire (64 KiB each) and one flush slice.
/// Without <see cref="Start"/> a loop may be stepped by hand with <see cref="RunOnce"/>: virtual time, no thread.
/// </remarks>
public sealed partial class Loop : Inbox, IDisposable
{
    /// <summary>Most bytes that one wire reads in one turn, and the size of the receive slab: 64 KiB.</summary>
    public const int TurnBytes = 64 << 10;

    /// <summary>A callback that holds the loop longer is reported: 50 ms.</summary>
    public static readonly TimeSpan HoldWarning = TimeSpan.FromMilliseconds(50);

    [ThreadStatic]
    private static Loop? t_current;

    private readonly TimeProvider _time;
    private readonly long _origin;
    private readonly Lease _receive;
    private Lease? _batch; // the layers'; null while one has it, and before the first
    private readonly List<Loop> _toWake = [];
    private readonly Poller _poller;
    private Thread? _thread;
    private ReadyList _ready;
    private TimeSpan _pausesAtTickStart;
    private int _wakers;
    private volatile bool _stopping;
    private volatile bool _disposed;

    /// <summary>Creates a loop; it does nothing until it is started or stepped.</summary>
    /// <exception cref="InsufficientMemoryException">
    /// The pool's ceiling leaves no room for the receive slab.
    /// </exception>
    public Loop(int index, Poller poller, SlabPool pool, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(poller);
        ArgumentNullException.ThrowIfNull(pool);
        ArgumentNullException.ThrowIfNull(time);
        Index = index;
        _poller = poller;
        _time = time;
        _origin = time.GetTimestamp();
        if (!pool.TryRent(TurnBytes, LeaseOwner.Receive, out Lease? receive))
            throw new InsufficientMemoryException("The slab pool's ceiling leaves no room for a loop's receive slab.");
        _receive = receive;
        Pool = pool;
        poller.Loop = this;
        Wheel = new TimerWheel(RunTimer);
    }

    /// <summary>The loop whose thread this is, or null.</summary>
    public static Loop? Current
    {
        get => t_current;
        internal set => t_current = value; // a simulation plays other threads on this one
    }

    /// <summary>The loop's number in its group, from 0.</summary>
    public int Index { get; }

    /// <summary>The poller's name.</summary>
    public string PollerName => _poller.Name;

    internal Poller Poller => _poller;

    /// <summary>The loop's deadlines.</summary>
    public TimerWheel Wheel { get; }

    /// <summary>The shared receive slab: valid until the next read on this loop.</summary>
    public Span<byte> ReceiveBuffer => _receive.Span[..TurnBytes];

    internal Memory<byte> ReceiveMemory => _receive.Memory[..TurnBytes];

    internal SlabPool Pool { get; }

    /// <summary>Who flushes.</summary>
    [DisallowNull]
    public ILoopTenant? Tenant { get; set; }

    /// <summary>The tick number of now, as of the tick's beginning.</summary>
    public long NowTick { get; private set; }

    /// <summary>Ticks run so far.</summary>
    public long Ticks { get; private set; }

    /// <summary>True on the loop's own thread, or in a step by hand.</summary>
    public bool IsCurrent => t_current == this;

    /// <summary>
    /// How far from <see cref="NowTick"/> a timer is armed so that it fires not before <paramref name="time"/>.
    /// </summary>
    /// <remarks>
    /// Rounded up, and one more because the current tick has partly passed: a deadline is late by up to 40 ms, never
    /// early.
    /// </remarks>
    public static long ToTicks(TimeSpan time) =>
        time <= TimeSpan.Zero ? 1 : ((time.Ticks - 1) / TimerWheel.Tick.Ticks) + 2;

    /// <summary>True once a stop was asked for.</summary>
    internal bool IsStopping => _stopping;

    /// <summary>Starts the thread.</summary>
    public void Start()
    {
        var thread = new Thread(Run) { IsBackground = true, Name = $"longwire-loop-{Index}" };
        thread.Start();
        _thread = thread; // one that could not be started is not waited for
    }

    /// <summary>Asks the thread to end after its tick.</summary>
    public void RequestStop()
    {
        _stopping = true;
        Wake();
    }

    /// <summary>Waits until the thread has ended; false when it did not within <paramref name="timeout"/>.</summary>
    public bool Join(TimeSpan timeout) => _thread is null || _thread.Join(timeout);

    /// <summary>
    /// Takes a wire into the loop; its handler is called when it is ready. One that is in the loop already gets a new
    /// handler, which is called for what came before.
    /// </summary>
    /// <exception cref="InvalidOperationException">The wire was dialled by another loop.</exception>
    public void Add(Wire wire, IWireHandler handler)
    {
        ArgumentNullException.ThrowIfNull(wire);
        if (wire.Loop is { } owner && owner != this)
            throw new InvalidOperationException("A dialled wire belongs to the loop that dialled it.");
        bool isNew = wire.Handler is null;
        wire.Loop = this;
        wire.Handler = handler;
        if (isNew)
            wire.AddTo(_poller);
        else
            MarkReady(wire);
    }

    /// <summary>Begins to accept on a bound socket; on the loop.</summary>
    public Listener Listen(Socket socket, IAcceptHandler handler) => _poller.Listen(socket, handler);

    /// <summary>Binds an address, as the poller binds, and begins to accept on it; on the loop.</summary>
    /// <exception cref="SocketException">The system refused; <see cref="SocketException.SocketErrorCode"/> says
    /// why.</exception>
    public Listener Listen(ListenAddress address, ListenOptions options, IAcceptHandler handler) =>
        _poller.Listen(address, options, handler);

    /// <summary>Begins to connect; on the loop.</summary>
    /// <exception cref="ArgumentException">The target is neither an IP address nor a Unix socket; names are resolved
    /// before.</exception>
    public void Dial(EndPoint target, DialOptions options, IDialHandler handler)
    {
        if (target is not (IPEndPoint or UnixDomainSocketEndPoint))
            throw new ArgumentException($"'{target}' is neither an IP address nor a Unix socket.", nameof(target));
        if (options.Layers.Count > 0)
            handler = new LayeredDial(this, options, handler);
        _poller.Dial(target, options, handler);
    }

    /// <summary>Gives a wire a turn in this or the next tick; nothing happens when it waits for one already.</summary>
    public void MarkReady(Wire wire)
    {
        ArgumentNullException.ThrowIfNull(wire);
        _ready.Add(wire);
    }

    /// <summary>Runs one tick and, when nothing is left to do, waits as the poller waits.</summary>
    public void RunOnce() => Collect(RunTick());

    /// <summary>
    /// The first half: one tick. Returns how long the second half may wait; the loop is parked unless that is 0.
    /// </summary>
    /// <remarks>A simulation runs others between the halves: that is the time in which a real loop sleeps.</remarks>
    internal int RunTick()
    {
        Loop? outer = t_current; // a simulation steps one loop from within another
        t_current = this;
        bool more = Tick();
        int timeout = 0;
        if (!more && !_stopping)
            timeout = TryPark() ? TimeoutToNextTimer() : 0;
        t_current = outer;
        return timeout;
    }

    /// <summary>The second half: waits, takes what the poller has, and is awake.</summary>
    internal void Collect(int timeout)
    {
        Loop? outer = t_current;
        t_current = this;
        _poller.Wait(timeout);
        Unpark();
        t_current = outer;
    }

    /// <summary>Ends the thread, disposes the poller and returns the receive slab; not from the loop itself.</summary>
    public void Dispose()
    {
        Debug.Assert(!IsCurrent, "a loop cannot dispose what it stands on");
        if (_disposed)
            return;
        RequestStop();
        _thread?.Join();
        _disposed = true;
        // A full fence between "disposed" and "who is waking" (partner: the increment in Wake): a waker that comes late
        // would write into a descriptor that is somebody else's by then.
        Interlocked.MemoryBarrier();
        var spin = default(SpinWait);
        while (Volatile.Read(ref _wakers) != 0)
            spin.SpinOnce();
        _poller.Dispose();
        _receive.Return();
        _batch?.Return();
    }

    /// <summary>A block for one batch through layers; as a rule the loop's own. False: the pool is exhausted.</summary>
    internal bool TryTakeBatch([NotNullWhen(true)] out Lease? batch)
    {
        batch = _batch;
        _batch = null;
        return batch is not null || Pool.TryRent(LayeredWire.BatchBytes, LeaseOwner.Layer, out batch);
    }

    /// <summary>Gives the block back.</summary>
    internal void ReturnBatch(Lease batch)
    {
        if (_batch is null && !_disposed)
            _batch = batch;
        else
            batch.Return();
    }

    /// <inheritdoc/>
    protected override void OnPostedWhileParked()
    {
        // A loop that publishes to many wakes each other loop once, at the end of its own tick.
        if (t_current is { } current && current != this)
        {
            if (!current._toWake.Contains(this))
                current._toWake.Add(this);
        }
        else if (t_current is null && ClaimWake())
        {
            Wake(); // on the loop's own thread it does not wait: the poller is handing out what came
        }
    }

    private void Run()
    {
        while (!_stopping)
            RunOnce();
    }

    private bool Tick()
    {
        Ticks++;
        _pausesAtTickStart = GC.GetTotalPauseDuration();
        // The clock first: what ends a long wait arms its timers from now. The timers after the input: bytes that came
        // while the loop was held beat the deadline that they extend.
        _lastLook = _time.GetTimestamp();
        NowTick = _time.GetElapsedTime(_origin, _lastLook).Ticks / TimerWheel.Tick.Ticks;
        RunPosted();
        RunReady();
        Wheel.Advance(NowTick);
        // What the turns posted to this loop itself (a publish, mostly) is still served in this tick.
        if (!IsEmpty)
            RunPosted();
        bool more = Tenant is not null && FlushGuarded(Tenant);
        foreach (Loop other in _toWake)
        {
            if (other.ClaimWake())
                other.Wake();
        }
        _toWake.Clear();
        return more || !_ready.IsEmpty || !IsEmpty;
    }

    private void RunReady()
    {
        Wire? last = _ready.Last;
        while (_ready.Take() is { } wire)
        {
            if (!wire.IsClosed || wire.HasPendingWrite)
                Turn(wire.Handler);
            if (wire == last)
                break;
        }
    }

    private void Wake()
    {
        Interlocked.Increment(ref _wakers);
        if (!_disposed)
            _poller.Wake();
        Interlocked.Decrement(ref _wakers);
    }

    private int TimeoutToNextTimer()
    {
        int ticks = Wheel.TicksToNext();
        if (ticks < 0)
            return -1;
        TimeSpan due = (Wheel.Current + ticks) * TimerWheel.Tick;
        double wait = (due - _time.GetElapsedTime(_origin)).TotalMilliseconds;
        return wait <= 0 ? 0 : (int)Math.Ceiling(wait);
    }
}
