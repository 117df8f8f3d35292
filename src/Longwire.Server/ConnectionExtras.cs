using Longwire.Primitives;

namespace Longwire;

/// <summary>
/// What few connections need: awaiters, a token, a requested end, subscriptions asked for by other threads, whose it
/// is, counts of what a slow one lost. Made on first use.
/// </summary>
/// <remarks>
/// Owner: its connection. Concurrency: any thread, under its own lock, but for the counts, which are the loop's;
/// continuations run elsewhere. Bound: the application's own awaiters; two requests per filter.
/// </remarks>
internal sealed class ConnectionExtras
{
    private readonly Lock _gate = new();
    private TaskCompletionSource<CloseReason>? _closed;
    private TaskCompletionSource? _room;
    private List<(long Mark, TaskCompletionSource Done)>? _flushes; // 0: not marked yet
    private long _lastFlushMark;
    private CancellationTokenSource? _cancellation;
    private List<SubscriptionRequest>? _requests; // subscribe and unsubscribe, of other threads
    private List<SubscriptionRequest>? _applying; // those that the loop carries out now
    private string? _user;
    private int _abortReason;
    private bool _cancelled;
    private bool _ended;

    /// <summary>Topic messages replaced by newer ones, and lost ones; written by the loop.</summary>
    internal long Conflated { get; set; }

    internal long Dropped { get; set; }

    internal TimeSpan? CloseDeadline { get; set; }

    internal CloseReason CloseReason { get; set; }

    internal string? User => Volatile.Read(ref _user);

    internal CloseReason AbortReason => (CloseReason)Volatile.Read(ref _abortReason);

    /// <summary>The first reason wins, also when two threads abort before the loop has seen either.</summary>
    internal void SetAbortReason(CloseReason reason) =>
        Interlocked.CompareExchange(ref _abortReason, (int)reason, (int)CloseReason.None);

    /// <summary>
    /// Asks for a subscription whose place is taken here. Bound: per filter one end and one beginning, in this order.
    /// </summary>
    internal SubscribeResult RequestSubscribe(
        Connection connection, TopicFilter filter, SubscribeOptions? options)
    {
        lock (_gate)
        {
            bool? wanted = LastWanted(_requests, filter) ?? LastWanted(_applying, filter);
            if (wanted ?? connection.FindSubscription(filter) is not null)
                return SubscribeResult.AlreadySubscribed;
            if (_ended)
                return SubscribeResult.Closed;
            if (!connection.TryTakePlace())
                return SubscribeResult.TooMany;
            (_requests ??= []).Add(new SubscriptionRequest(filter, true, options));
        }
        connection.Request(ConnectionRequest.Subscriptions);
        return SubscribeResult.Subscribed;
    }

    internal void RequestUnsubscribe(Connection connection, TopicFilter filter)
    {
        lock (_gate)
        {
            bool? requested = LastWanted(_requests, filter);
            if (requested == true)
            {
                _requests!.RemoveAt(_requests.FindLastIndex(request => request.Filter.Equals(filter)));
                connection.GiveUpPlace();
                return;
            }
            if (requested == false
                || !(LastWanted(_applying, filter) ?? connection.FindSubscription(filter) is not null))
            {
                return;
            }
            (_requests ??= []).Add(new SubscriptionRequest(filter, false, null));
        }
        connection.Request(ConnectionRequest.Subscriptions);
    }

    /// <summary>
    /// On the loop: what was asked for, in order. It stays visible to those who ask meanwhile until <see
    /// cref="EndApplying"/>; else they would see a state in which it is neither asked for nor done.
    /// </summary>
    internal IReadOnlyList<SubscriptionRequest> BeginApplying()
    {
        lock (_gate)
        {
            _applying = _requests;
            _requests = null;
            return _applying ?? [];
        }
    }

    internal void EndApplying()
    {
        lock (_gate)
            _applying = null;
    }

    /// <summary>
    /// Binds the connection to a user unless it has ended: whichever of the two comes second under the lock sees the
    /// other, so nothing stays behind.
    /// </summary>
    internal bool TrySignIn(Connection connection, string user, out Connection? replaced)
    {
        replaced = null;
        lock (_gate)
        {
            // The state too: see WhenClosed.
            if (_ended || connection.IsEnded)
                return false;
            if (_user == user)
                return true;
            Users users = connection.Server.Users;
            if (_user is not null)
                users.Remove(_user, connection);
            replaced = users.Add(user, connection);
            Volatile.Write(ref _user, user);
            return true;
        }
    }

    internal Task<CloseReason> WhenClosed(Connection connection)
    {
        lock (_gate)
        {
            _closed ??= NewSource<CloseReason>();
            // The state too: a connection that ended before it had extras told nobody (partner: End, which reads
            // the extras after it has written the state).
            if (_ended || connection.IsEnded)
                _closed.TrySetResult(connection.Reason);
            return _closed.Task;
        }
    }

    internal CancellationToken Token(Connection connection)
    {
        lock (_gate)
        {
            if (_cancelled || connection.IsEnded)
                return new CancellationToken(canceled: true);
            _cancellation ??= new CancellationTokenSource();
            return _cancellation.Token;
        }
    }

    internal Task WhenRoom(Connection connection, CancellationToken cancellation)
    {
        Task task;
        lock (_gate)
        {
            if (_ended || connection.IsEnded)
                return Task.CompletedTask;
            _room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            task = _room.Task;
        }
        Interleaving.Point();
        // Looked at anew after the waiter is in place (partner: OnRoom, called after the bytes were given back).
        connection.Request(ConnectionRequest.Flush);
        return task.WaitAsync(cancellation);
    }

    internal Task WhenFlushed(Connection connection, CancellationToken cancellation)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_ended || connection.IsEnded)
                return Task.CompletedTask;
            (_flushes ??= []).Add((0, done)); // the loop marks what it waits for when it has taken what was posted
        }
        Interleaving.Point();
        connection.Request(ConnectionRequest.Flush);
        return done.Task.WaitAsync(cancellation);
    }

    /// <summary>On the loop: the outbox has room again.</summary>
    internal void OnRoom()
    {
        TaskCompletionSource? room;
        lock (_gate)
        {
            room = _room;
            _room = null;
        }
        room?.TrySetResult();
    }

    /// <summary>On the loop: new flushes wait for what is in the outbox now.</summary>
    internal void BeginFlushes(in Outbox outbox)
    {
        lock (_gate)
        {
            if (_flushes is null || !_flushes.Exists(static flush => flush.Mark == 0))
                return;
            outbox.MarkForFlush(++_lastFlushMark);
            for (int i = 0; i < _flushes.Count; i++)
            {
                if (_flushes[i].Mark == 0)
                    _flushes[i] = (_lastFlushMark, _flushes[i].Done);
            }
        }
    }

    /// <summary>
    /// On the loop: completes the flushes that nothing in the outbox is marked for any more. What went ahead of others,
    /// or was recalled, is not waited for.
    /// </summary>
    internal void OnProgress(in Outbox outbox)
    {
        lock (_gate)
        {
            if (_flushes is not { Count: > 0 })
                return;
            long first = outbox.FirstFlushMark;
            for (int i = _flushes.Count - 1; i >= 0; i--)
            {
                (long mark, TaskCompletionSource done) = _flushes[i];
                if (mark == 0 || mark >= first)
                    continue;
                _flushes.RemoveAt(i);
                done.TrySetResult();
            }
        }
    }

    internal void Cancel()
    {
        CancellationTokenSource? cancellation;
        lock (_gate)
        {
            _cancelled = true;
            cancellation = _cancellation;
            _cancellation = null;
        }
        // On the pool: a callback of the application must not hold the loop.
        if (cancellation is not null)
            ThreadPool.UnsafeQueueUserWorkItem(static source => source.Cancel(), cancellation, preferLocal: false);
    }

    internal void OnEnded(Connection connection)
    {
        Cancel();
        List<(long, TaskCompletionSource Done)>? flushes;
        lock (_gate)
        {
            _ended = true;
            if (_user is not null)
                connection.Server.Users.Remove(_user, connection); // before anybody learns of the end
            _closed?.TrySetResult(connection.Reason);
            flushes = _flushes;
            _flushes = null;
        }
        OnRoom();
        foreach ((_, TaskCompletionSource done) in flushes ?? [])
            done.TrySetResult();
    }

    private static bool? LastWanted(List<SubscriptionRequest>? requests, TopicFilter filter)
    {
        int last = requests?.FindLastIndex(request => request.Filter.Equals(filter)) ?? -1;
        return last < 0 ? null : requests![last].Wanted;
    }

    private static TaskCompletionSource<T> NewSource<T>() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>What another thread asked for: a subscription, or its end.</summary>
internal readonly record struct SubscriptionRequest(TopicFilter Filter, bool Wanted, SubscribeOptions? Options);
