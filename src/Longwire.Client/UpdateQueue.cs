namespace Longwire;

/// <summary>A subscription's updates on their way to their reader.</summary>
/// <remarks>
/// Owner: its subscription. Concurrency: the loop adds, one reader takes. Bound:
/// <see cref="FeedSubscribeOptions.MaxUpdates"/> and <see cref="FeedSubscribeOptions.MaxBytes"/>; what is dropped is
/// counted and told ahead of what follows. Complete and Restarted are never dropped: an older one gives way to its
/// successor.
/// </remarks>
internal sealed class UpdateQueue(FeedSubscribeOptions options)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<FeedUpdate> _updates = [];
    private readonly Dictionary<string, LinkedListNode<FeedUpdate>> _latest = new(StringComparer.Ordinal); // by topic
    private LinkedListNode<FeedUpdate>? _complete;
    private LinkedListNode<FeedUpdate>? _restarted;
    private TaskCompletionSource? _reader; // waits
    private Exception? _end;
    private bool _hasEnded;
    private long _bytes;
    private long _dropped;
    private long _epoch;

    /// <summary>Adds an update; false when the policy ends the subscription.</summary>
    internal bool Add(FeedUpdate update)
    {
        lock (_gate)
        {
            if (_hasEnded)
                return true;
            _epoch = update.Epoch;
            if (update.Kind is FeedUpdateKind.Complete or FeedUpdateKind.Restarted)
                AddMark(update);
            else if (!AddBounded(update))
                return false;
            Wake();
            return true;
        }
    }

    /// <summary>Nothing more comes; what waits is still taken.</summary>
    internal void End(Exception? why)
    {
        lock (_gate)
        {
            if (_hasEnded)
                return;
            _hasEnded = true;
            _end = why;
            Wake();
        }
    }

    /// <summary>Takes the next update; false when nothing comes any more.</summary>
    internal async ValueTask<(bool Taken, FeedUpdate Update)> TakeAsync(CancellationToken cancellation)
    {
        while (true)
        {
            Task wait;
            lock (_gate)
            {
                cancellation.ThrowIfCancellationRequested();
                if (_dropped > 0)
                {
                    var dropped = new FeedUpdate(FeedUpdateKind.Dropped, "", 0, default, _dropped, _epoch);
                    _dropped = 0;
                    return (true, dropped);
                }
                if (_updates.First is { } first)
                {
                    Remove(first);
                    return (true, first.Value);
                }
                if (_hasEnded)
                    return _end is null ? (false, default) : throw _end;
                _reader ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                wait = _reader.Task;
            }
            await wait.WaitAsync(cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// A mark of the stream. Where the older one of its kind still waits, the newer says the same at the right place.
    /// </summary>
    private void AddMark(FeedUpdate mark)
    {
        ref LinkedListNode<FeedUpdate>? older =
            ref mark.Kind == FeedUpdateKind.Complete ? ref _complete : ref _restarted;
        if (older is not null)
            _updates.Remove(older);
        older = _updates.AddLast(mark);
        _latest.Clear(); // a message behind the mark must not take a place before it
    }

    private bool AddBounded(FeedUpdate update)
    {
        while (!Fits(update))
        {
            switch (options.Policy)
            {
                case SlowConsumerPolicy.Latest when update.Kind == FeedUpdateKind.Value
                    && _latest.TryGetValue(update.Topic, out LinkedListNode<FeedUpdate>? older)
                    && _bytes - older.Value.Payload.Length + update.Payload.Length <= options.MaxBytes:
                    _bytes += update.Payload.Length - older.Value.Payload.Length;
                    older.Value = update;
                    return true;
                case SlowConsumerPolicy.Latest or SlowConsumerPolicy.DropOldest when FirstThatMayGo() is { } oldest:
                    _dropped += Math.Max(1, oldest.Value.Count);
                    Remove(oldest);
                    break;
                case SlowConsumerPolicy.Disconnect:
                    return false;
                default:
                    _dropped += Math.Max(1, update.Count);
                    return true;
            }
        }
        LinkedListNode<FeedUpdate> added = _updates.AddLast(update);
        _bytes += update.Payload.Length;
        if (update.Kind == FeedUpdateKind.Value)
            _latest[update.Topic] = added;
        else
            _latest.Remove(update.Topic); // a gap or staleness stands between
        return true;
    }

    private bool Fits(FeedUpdate update)
    {
        int bounded = _updates.Count - (_complete is null ? 0 : 1) - (_restarted is null ? 0 : 1);
        return bounded == 0
            || (bounded < options.MaxUpdates && _bytes + update.Payload.Length <= options.MaxBytes);
    }

    private LinkedListNode<FeedUpdate>? FirstThatMayGo()
    {
        LinkedListNode<FeedUpdate>? first = _updates.First;
        while (first is not null && (first == _complete || first == _restarted))
            first = first.Next; // two at most
        return first;
    }

    private void Remove(LinkedListNode<FeedUpdate> node)
    {
        _updates.Remove(node);
        _bytes -= node.Value.Payload.Length;
        if (_latest.TryGetValue(node.Value.Topic, out LinkedListNode<FeedUpdate>? latest) && latest == node)
            _latest.Remove(node.Value.Topic);
        if (_complete == node)
            _complete = null;
        if (_restarted == node)
            _restarted = null;
    }

    private void Wake()
    {
        _reader?.TrySetResult();
        _reader = null;
    }
}
