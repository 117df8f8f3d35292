using Longwire.Primitives;
using Longwire.Transport;

namespace Longwire;

// From accept to the one end: requests of other threads, deadlines, closing.
public abstract partial class Connection
{
    private long _connectedTick;

    /// <summary>
    /// The tick of what is due in this state. Open: the heartbeat, or once the input has ended the end of the handlers'
    /// grace. From closing on: when the close becomes an abort.
    /// </summary>
    private long _due;

    private bool _queuedSinceHeartbeat; // anything but a heartbeat
    private int _parts = 2; // what has not ended yet: handlers, outbox
    private bool _connecting; // inline endpoints: OnConnect runs asynchronously
    private bool _connected; // inline endpoints: OnConnect has ended well, so OnClosed is due

    /// <summary>Nothing more comes in, and the handlers have a while to answer what came before.</summary>
    private bool IsInGrace => _inputReason != CloseReason.None && _state <= ConnectionState.Open;

    internal bool IsEnded => _state == ConnectionState.Closed;

    internal long LastReceivedTick => _lastReceived;

    /// <summary>Takes the connection into its loop.</summary>
    internal void Open(long id)
    {
        Id = id;
        EndpointOptions options = _endpoint.Options;
        _connectedTick = _lastReceived = _host.Loop.NowTick;
        _due = _connectedTick + Loop.ToTicks(options.HeartbeatInterval);
        if (!_endpoint.Handlers.IsInline)
            _handlers = HandlerQueue.Create(this);
        _host.Loop.Add(_wire, this);
        ArmNext();
        if (_handlers is not null)
        {
            _state = ConnectionState.Open;
            _handlers.Start();
            return;
        }
        try
        {
            ValueTask connected = _endpoint.Handlers.OnConnected(this);
            if (connected.IsCompletedSuccessfully)
                OnConnected();
            else
            {
                _connecting = true;
                WhenEnded(connected, OnConnectEnded);
            }
        }
        catch (Exception exception)
        {
            HandlerFailed(exception);
        }
    }

    /// <summary>Runs on the loop when another thread, or a fan-out, asked for something.</summary>
    protected internal override void Run()
    {
        if (Id == 0)
        {
            _host.Add(this); // the first post, from the acceptor
            return;
        }
        var requests = (ConnectionRequest)Interlocked.Exchange(ref _requests, 0);
        // In this order: what a thread sent before it asked is in the outbox before the snapshot begins.
        IReadOnlyList<SubscriptionRequest>? subscriptions =
            requests.HasFlag(ConnectionRequest.Subscriptions) ? _extras!.BeginApplying() : null;
        TakePosted(_state == ConnectionState.Closed ? s_closedMark : null);
        if (requests.HasFlag(ConnectionRequest.Connected))
            OnConnected();
        if (subscriptions is not null)
            Apply(subscriptions);
        if (requests.HasFlag(ConnectionRequest.ConnectFailed))
        {
            _connecting = false;
            if (_state == ConnectionState.Closed)
                PartEnded();
        }
        if (_state == ConnectionState.Closed)
            return;
        Interleaving.Point();
        if (requests.HasFlag(ConnectionRequest.Abort))
        {
            End(_extras!.AbortReason, CloseMode.Abort);
            return;
        }
        if (requests.HasFlag(ConnectionRequest.Close))
        {
            // A pull handler that returns at the end of its input closes, but what ended that was first.
            CloseReason reason = _extras!.CloseReason;
            if (_inputReason != CloseReason.None && reason == CloseReason.ClosedByApplication)
                reason = _inputReason;
            BeginClose(reason, _extras.CloseDeadline ?? _endpoint.Options.LingerTimeout);
        }
        if (requests.HasFlag(ConnectionRequest.HandlersIdle) && _inputReason != CloseReason.None)
            BeginClose(_inputReason, _endpoint.Options.LingerTimeout);
        if (_state == ConnectionState.Closed)
            return;
        if (requests.HasFlag(ConnectionRequest.Flush))
        {
            _extras!.BeginFlushes(_outbox);
            _extras.OnProgress(_outbox);
            if (HasRoom)
                _extras.OnRoom();
        }
        if (_inputPaused || _wire.IsReadable)
            _host.Loop.MarkReady(_wire);
    }

    /// <summary>The connection's one timer: looks at every deadline and arms for the next.</summary>
    protected internal override void OnTimer(long tick)
    {
        if (_state == ConnectionState.Closed)
            return;
        if (tick >= _due && _state >= ConnectionState.Closing)
        {
            End(_reason, _state == ConnectionState.Lingering ? CloseMode.Close : CloseMode.Abort);
            return;
        }
        if (tick >= _due && IsInGrace)
        {
            _extras?.Cancel();
            BeginClose(_inputReason, _endpoint.Options.LingerTimeout);
        }
        if (_state <= ConnectionState.Open)
            CheckLife(tick);
        if (_backlog is not null)
            _host.MarkDirty(this); // it may have waited for the process's budget
        if (_state != ConnectionState.Closed)
            ArmNext();
    }

    /// <summary>Begins the orderly end: no more input, flush, FIN, and an abort at the deadline.</summary>
    internal void BeginClose(CloseReason reason, TimeSpan deadline)
    {
        if (_state >= ConnectionState.Closing)
            return;
        _reason = reason;
        TakePosted();
        _state = ConnectionState.Closing;
        _due = _host.Loop.NowTick + Loop.ToTicks(deadline);
        UnsubscribeAll();
        ReleaseInput();
        ArmNext();
        if (_wire.IsReadable)
            _host.Loop.MarkReady(_wire);
        if (_outbox.IsEmpty && _backlog is null)
            OnDrained();
        else
            _host.MarkDirty(this);
    }

    /// <summary>A draining server's goodbye.</summary>
    internal void BeginDrain(TimeSpan deadline)
    {
        if (_state <= ConnectionState.Open && _endpoint.Goodbye is { } goodbye
            && Outgoing.TryEncode(_endpoint.Codec, goodbye, _host.Pool, out Frame? frame) == SendResult.Queued)
        {
            TakePosted();
            AppendOwn(frame!);
        }
        if (_state < ConnectionState.Closing)
        {
            BeginClose(CloseReason.ServerShutdown, deadline);
            return;
        }
        // It is closing already, and for its own reason; but not for longer than the drain lasts.
        _due = Math.Min(_due, _host.Loop.NowTick + Loop.ToTicks(deadline));
        ArmNext();
    }

    /// <summary>The end, exactly once; the first reason wins.</summary>
    internal void End(CloseReason reason, CloseMode mode)
    {
        if (_state == ConnectionState.Closed)
            return;
        if (_reason == CloseReason.None)
            _reason = reason;
        UnsubscribeAll();
        _state = ConnectionState.Closed;
        _host.Loop.Wheel.Disarm(this);
        _wire.Close(mode);
        ReleaseInput();
        if (!_wire.HasPendingWrite)
            OutboxEnded(); // else when the poller gives the frames back
        TakePosted(s_closedMark);
        _host.Remove(this, mode);
        _extras?.OnEnded(this);
        if (_handlers is not null)
        {
            _handlers.OnEnded(_reason);
            return;
        }
        if (_connected)
            TellClosed();
        else if (!_connecting)
            PartEnded();
    }

    private void OutboxEnded()
    {
        ReleaseOutbox();
        PartEnded();
    }

    /// <summary>Both its handlers and its outbox have ended: the connection's place is free.</summary>
    private void PartEnded()
    {
        if (Interlocked.Decrement(ref _parts) == 0)
            _host.Server.OnFinished(Remote);
    }

    /// <summary>Inline endpoints: the last event, on the loop.</summary>
    private void TellClosed()
    {
        try
        {
            ValueTask closed = _endpoint.Handlers.OnClosed(this, _reason);
            if (!closed.IsCompleted)
            {
                WhenEnded(closed, OnClosedEnded);
                return;
            }
            closed.GetAwaiter().GetResult();
        }
        catch (Exception exception)
        {
            Log.HandlerFailed(_host.Server.Logger, exception, Id);
        }
        PartEnded();
    }

    /// <summary>
    /// Inline endpoints: <c>OnConnect</c> has ended well. A connection that broke meanwhile is told so now.
    /// </summary>
    private void OnConnected()
    {
        _connecting = false;
        _connected = true;
        if (_state == ConnectionState.Connecting)
            _state = ConnectionState.Open;
        else if (_state == ConnectionState.Closed)
            TellClosed();
    }

    /// <summary>Where the task completes, without a hop: what follows only posts or counts.</summary>
    private static void WhenEnded(ValueTask task, Action<Task> ended) => task.AsTask().ContinueWith(
        ended, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    private void OnConnectEnded(Task task)
    {
        if (!task.IsCompletedSuccessfully)
            HandlerFailed(task.Exception?.InnerException ?? new OperationCanceledException());
        Request(task.IsCompletedSuccessfully ? ConnectionRequest.Connected : ConnectionRequest.ConnectFailed);
    }

    private void OnClosedEnded(Task task)
    {
        if (task.Exception is not null)
            Log.HandlerFailed(_host.Server.Logger, task.Exception, Id);
        PartEnded();
    }

    private void Fail(TransportError error) => End(
        error switch
        {
            TransportError.Reset or TransportError.AbortedBeforeAccept => CloseReason.PeerReset,
            TransportError.TimedOut or TransportError.Unreachable => CloseReason.PeerUnresponsive,
            TransportError.Excessive => CloseReason.FrameTooLarge,
            TransportError.Corrupted => CloseReason.MalformedFrame,
            TransportError.Truncated => CloseReason.TruncatedFrame,
            TransportError.LayerFailed => CloseReason.HandlerFailed,
            TransportError.OutOfMemory => CloseReason.MemoryPressure,
            _ => CloseReason.TransportError,
        },
        CloseMode.Abort);

    /// <summary>Everything queued is with the system: while closing, FIN follows.</summary>
    private void OnDrained()
    {
        if (_state != ConnectionState.Closing)
            return;
        // A sender that saw the connection open may have left a frame meanwhile: it was told "queued", so it goes ahead
        // of the FIN; whoever comes later is told "closed" (partner: TryPost).
        _isSealed = true;
        TakePosted();
        if (!_outbox.IsEmpty)
            return;
        _state = ConnectionState.Lingering;
        _wire.ShutdownWrite();
        EndIfBothAreDone();
        if (_state == ConnectionState.Closed)
            return;
        _due = Math.Min(_due, _host.Loop.NowTick + Loop.ToTicks(_endpoint.Options.LingerTimeout));
        ArmNext(); // armed for the flush's deadline until now, which may be much later
    }

    /// <summary>Lingering: the peer's FIN is here and ours is out, with the layers' farewell ahead of it.</summary>
    private void EndIfBothAreDone()
    {
        if (_inputEnded && !_wire.IsShuttingDown)
            End(_reason, CloseMode.Close);
    }

    private void CheckLife(long tick)
    {
        EndpointOptions options = _endpoint.Options;
        if (options.IdleTimeout != Timeout.InfiniteTimeSpan && !_inputPaused
            && tick - _lastReceived >= Loop.ToTicks(options.IdleTimeout))
        {
            BeginClose(CloseReason.IdleTimeout, options.LingerTimeout);
            return;
        }
        if (_blockedSince != NotBlocked && HasWaiting)
        {
            if (tick - _blockedSince >= Loop.ToTicks(options.StallTimeout))
            {
                End(CloseReason.WriteStalled, CloseMode.Abort);
                return;
            }
            if (tick - OldestPushTick >= Loop.ToTicks(options.OutboxAge))
                RelievePushes(CloseReason.SlowConsumer);
        }
        if (tick >= _due && !IsInGrace)
            Heartbeat(tick);
    }

    /// <summary>
    /// Life is shown by received or acknowledged bytes, never by our sending: data that nobody acknowledged for the
    /// timeout means that nobody is there, although sends still "succeed".
    /// </summary>
    private void Heartbeat(long tick)
    {
        EndpointOptions options = _endpoint.Options;
        _due = tick + Loop.ToTicks(options.HeartbeatInterval);
        bool quiet = tick - _lastReceived >= Loop.ToTicks(options.HeartbeatTimeout);
        if (quiet && _wire.TryGetStatistics(out TcpStatistics statistics) && statistics.UnacknowledgedBytes > 0
            && statistics.SinceLastAcknowledgement >= options.HeartbeatTimeout)
        {
            End(CloseReason.PeerUnresponsive, CloseMode.Abort);
            return;
        }
        if (_endpoint.Heartbeat is { } heartbeat && _outbox.IsEmpty && !_queuedSinceHeartbeat)
            SendControl(heartbeat);
        _queuedSinceHeartbeat = false;
    }

    private void ArmGrace()
    {
        _due = _host.Loop.NowTick + Loop.ToTicks(_endpoint.Options.HalfCloseGrace);
        ArmNext();
    }

    /// <summary>Something waits that the wire does not take: its age and the stall have deadlines now.</summary>
    private void ArmForBacklog()
    {
        long due = _blockedSince + Loop.ToTicks(_endpoint.Options.StallTimeout);
        long oldest = OldestPushTick;
        if (oldest != long.MaxValue)
            due = Math.Min(due, oldest + Loop.ToTicks(_endpoint.Options.OutboxAge));
        if (!TimerWheel.IsArmed(this, out long armed) || due < armed)
            _host.Loop.Wheel.Arm(this, due);
    }

    private void ArmNext()
    {
        EndpointOptions options = _endpoint.Options;
        long due = _due;
        if (_state <= ConnectionState.Open && options.IdleTimeout != Timeout.InfiniteTimeSpan && !_inputPaused)
            due = Math.Min(due, _lastReceived + Loop.ToTicks(options.IdleTimeout));
        _host.Loop.Wheel.Arm(this, due);
        if (_blockedSince != NotBlocked && HasWaiting && _state <= ConnectionState.Open)
            ArmForBacklog();
    }

    private void ReleaseOutbox()
    {
        int sent = _outbox.HeadSent;
        for (; _outbox.TakeFirst() is { } entry; sent = 0)
        {
            if (entry.Frame.Source is TopicCursor cursor)
                cursor.Count(disconnected: entry.Frame.MessagesAfter(sent));
            GiveBack(EntryDone(entry));
        }
        while (_backlog is not null && _backlog.TryTakeFirst(out _, out TopicCursor? cursor, out LocalFrame? latest))
        {
            cursor!.Count(disconnected: 1);
            latest!.Done();
        }
        _backlog?.ClearGaps();
        DropBacklog();
    }
}
