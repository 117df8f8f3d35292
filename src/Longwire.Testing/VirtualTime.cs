namespace Longwire.Testing;

/// <summary>A clock that stands still until it is advanced.</summary>
/// <remarks>
/// Owner: the test. Concurrency: any thread may read it or make a timer; one thread at a time advances it, and
/// timers call back on that thread, without a lock held. Bound: one entry per timer. Timers run in the order in which
/// they are due; of two due at once, the one armed first.
/// </remarks>
public sealed class VirtualTime : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly PriorityQueue<VirtualTimer, (long Due, long Order)> _timers = new();
    private readonly DateTimeOffset _start;
    private long _elapsed;
    private long _armed;

    /// <summary>A clock that starts at midnight of 1 January 2000, UTC.</summary>
    public VirtualTime()
        : this(new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.Zero))
    {
    }

    /// <summary>A clock that starts at <paramref name="start"/>.</summary>
    public VirtualTime(DateTimeOffset start) => _start = start;

    /// <summary>Time since the start.</summary>
    public TimeSpan Elapsed => new(Volatile.Read(ref _elapsed));

    /// <summary>When the next timer is due, counted from the start; null when none is armed.</summary>
    public TimeSpan? NextTimer
    {
        get
        {
            lock (_gate)
                return TryPeek(out long due) ? new TimeSpan(due) : null;
        }
    }

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <inheritdoc/>
    public override long GetTimestamp() => Volatile.Read(ref _elapsed);

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => _start + Elapsed;

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new VirtualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Moves the clock forward and runs the timers that become due, each at its own time.</summary>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        AdvanceTo(Elapsed + by);
    }

    /// <summary>
    /// Moves the clock forward to a time since the start; a time that has passed leaves the clock alone.
    /// </summary>
    public void AdvanceTo(TimeSpan elapsed)
    {
        while (TakeDue(elapsed.Ticks) is { } timer)
            timer.Fire();
        Volatile.Write(ref _elapsed, Math.Max(_elapsed, elapsed.Ticks));
    }

    private VirtualTimer? TakeDue(long until)
    {
        lock (_gate)
        {
            if (!TryPeek(out long due) || due > until)
                return null;
            VirtualTimer timer = _timers.Dequeue();
            Volatile.Write(ref _elapsed, Math.Max(_elapsed, due));
            timer.Due = VirtualTimer.NotArmed;
            if (timer.Period > 0)
                Arm(timer, timer.Period);
            return timer;
        }
    }

    /// <summary>Looks at the first timer that still stands as it was queued.</summary>
    private bool TryPeek(out long due)
    {
        while (_timers.TryPeek(out VirtualTimer? timer, out (long Due, long Order) at))
        {
            due = at.Due;
            if (timer.Due == at.Due && timer.Order == at.Order)
                return true;
            _timers.Dequeue();
        }
        due = 0;
        return false;
    }

    private void Arm(VirtualTimer timer, long after)
    {
        timer.Due = _elapsed + after;
        timer.Order = ++_armed;
        _timers.Enqueue(timer, (timer.Due, timer.Order));
    }

    private sealed class VirtualTimer(VirtualTime time, TimerCallback callback, object? state) : ITimer
    {
        internal const long NotArmed = -1;

        internal long Due { get; set; } = NotArmed;

        internal long Order { get; set; }

        internal long Period { get; private set; }

        private bool IsDisposed { get; set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._gate)
            {
                if (IsDisposed)
                    return false;
                Due = NotArmed;
                Period = period == Timeout.InfiniteTimeSpan ? 0 : period.Ticks;
                if (dueTime != Timeout.InfiniteTimeSpan)
                    time.Arm(this, dueTime.Ticks);
                return true;
            }
        }

        public void Dispose()
        {
            lock (time._gate)
            {
                IsDisposed = true;
                Due = NotArmed;
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        internal void Fire() => callback(state);
    }
}
