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

    /// <summary>A step on the pool.</summary>
    public void Execute()
    {
        if (_isBegun)
        {
            wire.Bottom.Complete();
            return;
        }
        _isBegun = true;
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
        gate.Leave();
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
            _failure = wire.HasEnded ? HandshakeFailure.PeerLeft : wire.Layers[opened].Classify(exception);
        }
        _isDone = true;
        Interleaving.Point();
        gate.Leave();
        wire.Loop!.Post(this);
    }
}
