using Longwire.Primitives;

namespace Longwire.Transport.Layers;

/// <summary>
/// Opens a wire's layers. What computes runs on the pool, in steps from one wait for the peer to the next; the socket
/// is read and written by the loop alone, between the steps.
/// </summary>
/// <remarks>
/// Owner: its wire, until it has ended. Concurrency: a step owns the streams; each ends with one post, by which the
/// loop owns them again. Bound: the deadline, and the gate's limit of concurrent steps.
/// </remarks>
internal sealed class LayerHandshake(LayeredWire wire, HandshakeGate gate, IHandshakeHandler handler)
    : TimedWork, IThreadPoolWorkItem
{
    private bool _isStarted; // the loop's
    private bool _isBegun; // the pool's
    private HandshakeFailure _failure;
    private Exception? _exception;
    private bool _isTimedOut;
    private bool _isOver; // its end was told
    private volatile bool _isDone;
    private int _places; // of the gate; two for a moment, when a step is overtaken by the next one

    /// <summary>A step on the pool.</summary>
    public void Execute()
    {
        Interlocked.Increment(ref _places);
        if (_isBegun)
        {
            wire.Bottom.Complete();
            if (_isDone)
                LeaveAll(); // nobody waited for that read
            return;
        }
        _isBegun = true;
        if (wire.IsClosed)
        {
            OnDone(); // while it waited for its place
            return;
        }
        _ = OpenAsync(); // observes its own exceptions
    }

    internal void Arm(TimeSpan timeout) =>
        wire.Loop!.Wheel.Arm(this, wire.Loop.NowTick + Loop.ToTicks(timeout));

    /// <summary>On the loop: the first step may begin.</summary>
    internal void Start()
    {
        if (_isStarted)
            return;
        _isStarted = true;
        gate.Enter(this);
    }

    /// <summary>On the loop: what the step waited for is there.</summary>
    internal void Resume() => gate.Enter(this);

    /// <summary>In a step: it waits for the peer, and so is over.</summary>
    internal void OnInputWanted()
    {
        int places = Volatile.Read(ref _places);
        for (int seen; places > 0; places = seen)
        {
            seen = Interlocked.CompareExchange(ref _places, places - 1, places);
            if (seen != places)
                continue;
            gate.Leave();
            break;
        }
        Interleaving.Point();
        wire.Loop!.Post(this);
    }

    /// <summary>On the loop: the wire is closed; whoever waits for its peer goes on to the end.</summary>
    internal void OnClosed()
    {
        wire.Loop!.Wheel.Disarm(this);
        if (_isStarted)
            wire.Advance();
        else
            wire.Loop.Post(this);
    }

    protected internal override void Run()
    {
        bool isDone = _isDone || (wire.IsClosed && !_isStarted);
        wire.Advance(); // what the last step left is flushed before anything is closed
        if (!isDone || _isOver)
            return; // a step that was overtaken by the next one posts late
        _isOver = true;
        wire.Loop!.Wheel.Disarm(this);
        HandshakeFailure failure = _isTimedOut ? HandshakeFailure.TimedOut
            : wire.IsClosed ? HandshakeFailure.Closed : _failure;
        wire.OnHandshakeEnded(failure);
        handler.OnHandshakeEnded(wire, failure, _exception);
    }

    protected internal override void OnTimer(long tick)
    {
        _isTimedOut = true;
        wire.Close(CloseMode.Abort);
    }

    private async Task OpenAsync()
    {
        int opened = 0;
        try
        {
            for (; opened < wire.Layers.Count; opened++)
                wire.Push(await wire.Layers[opened].OpenAsync(wire.Top, wire.Context).ConfigureAwait(false));
        }
        catch (Exception exception)
        {
            _exception = exception;
            _failure = wire.HasEnded ? HandshakeFailure.PeerLeft
                : IsOutOfMemory(exception) ? HandshakeFailure.OutOfMemory
                : wire.Layers[opened].Classify(exception);
        }
        OnDone();
    }

    private void OnDone()
    {
        _isDone = true;
        Interleaving.Point();
        LeaveAll();
        wire.Loop!.Post(this);
    }

    /// <summary>
    /// Gives back every place, whatever a layer did: one that left a read behind has told its end already.
    /// </summary>
    private void LeaveAll()
    {
        for (int places = Interlocked.Exchange(ref _places, 0); places > 0; places--)
            gate.Leave();
    }

    private static bool IsOutOfMemory(Exception? exception)
    {
        while (exception is not (null or WireException { Error: TransportError.OutOfMemory }))
            exception = exception.InnerException;
        return exception is not null;
    }
}
