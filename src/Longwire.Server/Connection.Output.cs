using Longwire.Primitives;
using Longwire.Transport;

namespace Longwire;

// The way out: what is queued, what is sent, and what happens when the peer does not keep up.
public abstract partial class Connection
{
    internal const int WireBytes = 80; // of an epoll wire
    private const long NotBlocked = -1;

    private Outbox _outbox;
    private Backlog? _backlog;
    private int _pushBytes; // a reply may displace them, but for those in flight
    private long _blockedSince = NotBlocked; // tick at which the wire last took something while more waited
    private long _bytesSent;

    internal bool IsDirty { get; set; }

    /// <summary>Sends what the wire takes now; called by the host, which knows then who is being flushed.</summary>
    internal void Flush()
    {
        if (_state == ConnectionState.Closed || _wire.HasPendingWrite || !_wire.IsWritable)
            return;
        // A completion that came behind this tick's turns is told before its frames could be sent a second time.
        if (_wire.TakeCompleted(out IoResult completed) && !TakeWritten(completed))
            return;
        Refill();
        if (!_outbox.IsEmpty)
        {
            int count = _outbox.Gather(_host.Segments);
            IoResult result = _wire.Write(_host.Segments.AsSpan(0, count));
            Array.Clear(_host.Segments, 0, count);
            _host.Counters.SendCalls++;
            if (result.Status == IoStatus.Pending)
            {
                _outbox.Own(result.Bytes);
                ArmForBacklog();
            }
            else if (!TakeWritten(result))
            {
                return;
            }
            if (HasWork && _wire.IsWritable && !_wire.HasPendingWrite)
                _host.MarkDirty(this);
        }
        else if (_backlog is not null)
        {
            _host.Loop.Wheel.Arm(this, _host.Loop.NowTick + 1); // nothing fits: the process's budget is spent
        }
        else
        {
            _blockedSince = NotBlocked;
            _extras?.OnProgress(_outbox);
            OnDrained();
        }
    }

    /// <summary>Asks for what a flush needs beside the connection itself.</summary>
    internal void PrefetchOutput()
    {
        Prefetch.Object(_wire, WireBytes);
        _outbox.PrefetchFirst();
    }

    /// <summary>Queues a frame that all connections of the endpoint share; what does not fit is counted.</summary>
    internal void SendShared(LocalFrame frame)
    {
        if (_state >= ConnectionState.Closing)
            return;
        if (!TryReserve(frame.Length))
        {
            Extras.Dropped++;
            _host.Counters.Dropped++;
            return;
        }
        frame.Use();
        Append(_host.NewEntry(frame, EntryKind.Direct, null));
    }

    /// <summary>One message of a topic, during the loop's fan-out.</summary>
    void ISubscriber.Deliver(Subscription subscription, Delivery delivery)
    {
        if (_state > ConnectionState.Open)
            return;
        LocalFrame? frame = delivery.GetFrame(_endpoint.Encoder);
        bool isBatch = !delivery.Parts.IsEmpty;
        // An empty outbox takes any one message, a batch has to fit. The backlog after that: making room may fill it.
        bool fits = frame is not null && (isBatch ? FitsBeside(frame.Length) : FitsPush(frame.Length))
            && _backlog is null;
        if (fits)
        {
            AppendPush(subscription, delivery.Cursor, frame!);
        }
        else if (isBatch)
        {
            foreach (Delivery part in delivery.Parts)
                ((ISubscriber)this).Deliver(subscription, part);
        }
        else if (frame is null)
        {
            NoteDropped(delivery.Cursor, 1, oldest: false);
        }
        else
        {
            DeliverSlow(subscription, delivery.Cursor, frame);
        }
    }

    /// <summary>One message that a resumed subscription missed: in order, and only as there is room.</summary>
    bool ISubscriber.TryDeliver(Subscription subscription, Delivery delivery)
    {
        if (_state > ConnectionState.Open)
            return false;
        LocalFrame? frame = delivery.GetFrame(_endpoint.Encoder);
        if (frame is null)
        {
            NoteDropped(delivery.Cursor, 1, oldest: false);
            return true;
        }
        bool hasRoom = _outbox.IsEmpty
            || (Volatile.Read(ref _reserved) < _endpoint.Options.HighWaterBytes && FitsBeside(frame.Length));
        if (!hasRoom)
            return false;
        if (_backlog is { HasGaps: true })
            QueueGaps();
        AppendPush(subscription, delivery.Cursor, frame);
        return true;
    }

    void ISubscriber.DeliverGap(Subscription subscription, TopicCursor cursor, long count)
    {
        if (_state > ConnectionState.Open)
            return;
        if (PolicyFor(cursor) == SlowConsumerPolicy.Latest)
            NoteConflated(cursor, count); // the newest message follows at once
        else
            NoteDropped(cursor, count, oldest: false);
    }

    void ISubscriber.DeliverSnapshotEnd(Subscription subscription)
    {
        if (_endpoint.Encoder.EncodeSnapshotEnd(subscription.Filter) is { } frame)
            AppendOwn(frame);
    }

    /// <summary>A frame is sent, or will never be; its bytes are the caller's to give back.</summary>
    internal int EntryDone(OutboxEntry entry)
    {
        int length = entry.Frame.Length;
        if (entry.Kind == EntryKind.Push)
            Volatile.Write(ref _pushBytes, _pushBytes - length);
        _host.Recycle(entry);
        return length;
    }

    private void GiveBack(int bytes) => Interlocked.Add(ref _reserved, -bytes);

    /// <summary>
    /// Makes queued pushes smaller as the policy says: conflate, drop, or condemn the connection. True when that freed
    /// anything. Called during fan-outs, too, so it closes nothing by itself.
    /// </summary>
    internal bool RelievePushes(CloseReason reason)
    {
        bool relieved = false;
        while (_outbox.TakeOldestPush() is { } entry)
        {
            relieved = true;
            Relieve(entry, reason, OthersStay.No);
        }
        return relieved;
    }

    /// <summary>What happens to a push that was recalled is for its own topic's policy to say.</summary>
    private void Relieve(OutboxEntry entry, CloseReason reason, OthersStay others)
    {
        var cursor = (TopicCursor)entry.Frame.Source!;
        switch (PolicyFor(cursor))
        {
            case SlowConsumerPolicy.Latest:
                bool isStale = others == OthersStay.Yes && _outbox.HoldsPush(entry.Subscription!, cursor);
                bool isReplaced = isStale || Slow.Conflate(entry.Subscription!, cursor, entry.Frame.Latest);
                NoteConflated(cursor, isReplaced ? entry.Frame.Messages : entry.Frame.Messages - 1);
                break;
            case SlowConsumerPolicy.Disconnect:
                cursor.Count(disconnected: entry.Frame.Messages);
                Abort(reason);
                break;
            default:
                NoteDropped(cursor, entry.Frame.Messages, oldest: true);
                break;
        }
        GiveBack(EntryDone(entry));
    }

    internal long OldestPushTick => _outbox.PeekOldestPush()?.Tick ?? long.MaxValue;

    /// <summary>Something is due to the peer; of a backlog's messages none need be in the outbox.</summary>
    private bool HasWaiting => !_outbox.IsEmpty || _backlog is not null;

    private Backlog Slow => _backlog ??= _host.NewBacklog();

    /// <summary>Nodes, gaps or a snapshot can follow when the outbox has room.</summary>
    private bool HasMoreToQueue => _backlog is not null || _snapshots > 0;

    /// <summary>A flush has something to do.</summary>
    private bool HasWork => !_outbox.IsEmpty || HasMoreToQueue;

    /// <summary>
    /// Whether pushes behind a recalled one stay in the outbox: one of its topic is newer and makes it stale.
    /// </summary>
    private enum OthersStay : byte
    {
        No,
        Yes,
    }

    private SlowConsumerPolicy PolicyFor(TopicCursor cursor) =>
        cursor.Topic.Options.SlowConsumer ?? _endpoint.Options.SlowConsumer;

    // An empty outbox takes any one message, also beyond the budget: whoever reads makes progress and waits for nobody.
    private bool FitsPush(int length) => _outbox.IsEmpty || FitsBeside(length);

    private bool FitsBeside(int length) =>
        Volatile.Read(ref _reserved) + length <= _endpoint.Options.PushBytes && _host.HasBudget(length);

    private void AppendPush(Subscription subscription, TopicCursor cursor, LocalFrame frame)
    {
        frame.Use();
        Interlocked.Add(ref _reserved, frame.Length);
        Volatile.Write(ref _pushBytes, _pushBytes + frame.Length);
        cursor.Count(queued: frame.Messages);
        _host.Counters.Pushed += frame.Messages;
        Append(_host.NewEntry(frame, EntryKind.Push, subscription));
    }

    /// <summary>Appends a frame whose bytes are reserved already.</summary>
    private void AppendDirect(Frame frame) =>
        Append(_host.NewEntry(_host.Hub.Frames.Take(frame, null, 0), EntryKind.Direct, null));

    /// <summary>Appends a frame of our own making, which always fits: marks and goodbyes are small and few.</summary>
    private void AppendOwn(Frame frame)
    {
        Interlocked.Add(ref _reserved, frame.Length);
        AppendDirect(frame);
    }

    private void Append(OutboxEntry entry)
    {
        if (_blockedSince == NotBlocked)
            _blockedSince = _host.Loop.NowTick;
        _queuedSinceHeartbeat = true;
        _outbox.Append(entry);
        _host.MarkDirty(this);
        // A push behind a wire that takes nothing ages from now on; the timer may have been armed before there was one.
        if (!_wire.IsWritable && entry.Kind == EntryKind.Push && TimerWheel.IsArmed(this, out long armed)
            && armed > entry.Tick + Loop.ToTicks(_endpoint.Options.OutboxAge))
        {
            ArmForBacklog();
        }
    }

    private void SendControl(ReadOnlySpan<byte> payload)
    {
        if (Outgoing.TryEncode(_endpoint.Codec, payload, _host.Pool, out Frame? frame) == SendResult.Queued)
            InsertControl(frame!);
    }

    private void InsertControl(Frame frame)
    {
        Interlocked.Add(ref _reserved, frame.Length);
        if (_blockedSince == NotBlocked)
            _blockedSince = _host.Loop.NowTick;
        _outbox.InsertControl(_host.NewEntry(_host.Hub.Frames.Take(frame, null, 0), EntryKind.Control, null));
        _host.MarkDirty(this);
    }

    /// <summary>Accounts for a finished write; false when it ended the connection.</summary>
    private bool TakeWritten(IoResult result)
    {
        if (result.Status == IoStatus.Failed)
        {
            Fail(result.Error);
            return false;
        }
        if (result.Status == IoStatus.Done)
        {
            _bytesSent += result.Bytes;
            _host.Counters.BytesSent += result.Bytes;
            GiveBack(_outbox.Consume(result.Bytes, this));
            _blockedSince = HasWaiting ? _host.Loop.NowTick : NotBlocked;
        }
        if (_outbox.IsEmpty && _backlog is null)
            OnDrained();
        else if (!_wire.IsWritable)
            ArmForBacklog();
        if (HasRoom)
            OnLowWater();
        _extras?.OnProgress(_outbox);
        return _state != ConnectionState.Closed;
    }

    private void OnLowWater()
    {
        _extras?.OnRoom();
        _handlers?.OnRoom();
        if (_inputPaused)
            _host.Loop.MarkReady(_wire);
    }
}
