using Longwire.Primitives;

namespace Longwire;

// What a slow peer's outbox has no room for: conflated, dropped and told, or waiting behind it.
public abstract partial class Connection
{
    private void DeliverSlow(Subscription subscription, TopicCursor cursor, LocalFrame frame)
    {
        if (_backlog is { HasGaps: true } && FitsPush(frame.Length))
            QueueGaps(); // what was lost is told before what follows it
        switch (PolicyFor(cursor))
        {
            case SlowConsumerPolicy.Latest:
                bool queue = FitsPush(frame.Length) && _backlog is not { HasNodes: true };
                if (queue)
                    AppendPush(subscription, cursor, frame);
                else if (Slow.Conflate(subscription, cursor, frame))
                    NoteConflated(cursor, 1);
                break;
            case SlowConsumerPolicy.DropOldest:
                while (!FitsPush(frame.Length) && _outbox.TakeOldestPush() is { } oldest)
                {
                    Relieve(oldest, CloseReason.SlowConsumer, OthersStay.Yes);
                }
                if (FitsPush(frame.Length) && _backlog?.Contains(subscription, cursor) != true)
                    AppendPush(subscription, cursor, frame);
                else if (Slow.Conflate(subscription, cursor, frame)) // the poller owns what is older: the newest waits
                    NoteDropped(cursor, 1, oldest: false);
                break;
            case SlowConsumerPolicy.DropNewest:
                if (FitsPush(frame.Length))
                    AppendPush(subscription, cursor, frame);
                else
                    NoteDropped(cursor, 1, oldest: false);
                break;
            default:
                if (FitsPush(frame.Length))
                {
                    AppendPush(subscription, cursor, frame);
                    break;
                }
                cursor.Count(disconnected: 1);
                Abort(CloseReason.SlowConsumer);
                break;
        }
    }

    private void NoteDropped(TopicCursor cursor, long count, bool oldest)
    {
        cursor.Count(dropped: count);
        Extras.Dropped += count;
        _host.Counters.Dropped += count;
        Slow.AddGap(cursor, count, oldest);
        _host.MarkDirty(this);
    }

    private void NoteConflated(TopicCursor cursor, long count)
    {
        cursor.Count(conflated: count);
        Extras.Conflated += count;
        _host.Counters.Conflated += count;
    }

    /// <summary>Brings gaps, conflated messages and snapshots into the outbox as far as there is room.</summary>
    private void Refill()
    {
        if (_backlog is not null)
            RefillFromBacklog();
        while (_snapshots > 0 && Volatile.Read(ref _reserved) < _endpoint.Options.HighWaterBytes
            && _backlog is not { HasNodes: true } && _state <= ConnectionState.Open && AdvanceSnapshot())
        {
        }
    }

    private void RefillFromBacklog()
    {
        QueueGaps();
        while (_backlog is { HasNodes: true } && FitsPush(_backlog.FirstLength))
        {
            _backlog.TryTakeFirst(out Subscription? subscription, out TopicCursor? cursor, out LocalFrame? latest);
            AppendPush(subscription!, cursor!, latest!);
            latest!.Done();
        }
        if (_backlog is { IsEmpty: true })
            DropBacklog();
    }

    private void DropBacklog()
    {
        if (_backlog is null)
            return;
        _host.Recycle(_backlog);
        _backlog = null;
    }

    /// <summary>Tells what was lost: ahead of what is queued when that is newer, behind it when it is older.</summary>
    private void QueueGaps()
    {
        if (_backlog is not { HasGaps: true } || Volatile.Read(ref _reserved) > _endpoint.Options.PushBytes)
            return;
        while (_backlog.TryTakeGap(out TopicCursor? cursor, out long count, out bool oldest))
        {
            if (_endpoint.Encoder.EncodeGap(cursor!.Topic, count) is not { } notice)
                continue;
            if (oldest)
                InsertControl(notice);
            else
                AppendOwn(notice);
        }
    }
}
