using Microsoft.Extensions.Logging;

namespace Longwire.Service.Sources;

/// <summary>Reads one source again and again, and publishes what it says, how it is, and when it is silent.</summary>
/// <remarks>
/// Owner: the <see cref="StatusPublisher"/>. Concurrency: one loop on the pool; <see cref="Health"/> from any thread.
/// Bound: one reading in flight. One that ignores its cancellation keeps the next from being started, and nobody else.
/// </remarks>
internal sealed partial class SourceRunner
{
    /// <summary>How often a resting source looks whether somebody watches.</summary>
    public static readonly TimeSpan WatchInterval = TimeSpan.FromSeconds(1);

    /// <summary>How long the end of the service waits for a reading that was cancelled.</summary>
    public static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(5);

    private const int MaxErrorCharacters = 256;

    private readonly IAsyncStatusSource _source;
    private readonly SourceSchedule _schedule;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly ILogger _logger;
    private readonly SourcePublication _values;
    private readonly SourcePublication _states;
    private readonly StatusReport _report; // a reading's, while it runs
    private readonly StatusReport _own;
    private readonly string _stateTopic;
    private readonly TimeSpan _restPace;
    private readonly TaskCompletionSource _firstReading = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TimeSpan _staleAt = TimeSpan.MaxValue;
    private SourceHealth _health;

    public SourceRunner(
        IAsyncStatusSource source, SourceSchedule schedule, IStatusSink sink, TopicClaims claims, TimeProvider time,
        Random random, ILogger logger)
    {
        _source = source;
        _schedule = schedule;
        _time = time;
        _random = random;
        _logger = logger;
        _values = new SourcePublication(schedule.Staleness, sink, claims, time);
        _states = new SourcePublication(schedule.Staleness, sink, claims, time);
        _report = new StatusReport(time);
        _own = new StatusReport(time);
        _stateTopic = $"longwire/source/{TopicLevel.FromName(source.Name)}";
        _restPace = WatchInterval < schedule.Interval ? WatchInterval : schedule.Interval;
        _health = new SourceHealth(source.Name, SourceState.Starting, null, null);
    }

    /// <summary>How the source is now.</summary>
    public SourceHealth Health => Volatile.Read(ref _health);

    /// <summary>Completes when it was read once, well or not.</summary>
    public Task FirstReading => _firstReading.Task;

    private TimeSpan Now => _time.GetElapsedTime(0);

    /// <summary>Reads at once, but for the jitter, and then every interval; returns when cancelled.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            TimeSpan beat = Now;
            while (true)
            {
                await WaitUntilAsync(beat + _schedule.Jitter * _random.NextDouble(), stop).ConfigureAwait(false);
                while (MayRest())
                {
                    PublishState(SourceState.Resting, null);
                    await WaitUntilAsync(Now + _restPace, stop).ConfigureAwait(false);
                }
                await ReadAsync(stop).ConfigureAwait(false);
                // Beats that passed meanwhile are left out; the others keep their place.
                double missed = Math.Max(1, Math.Ceiling((Now - beat) / _schedule.Interval));
                beat += _schedule.Interval * missed;
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return; // The expected end; nothing that is awaited has a quieter way to say it.
        }
    }

    /// <summary>One reading, from its start to its end, and what follows from it.</summary>
    public async Task ReadAsync(CancellationToken stop)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        _report.Restart();
        // A hop for each: what a source does before its first wait must not hold this loop, which keeps the deadline.
        Task reading = Task.Run(() => _source.ReadAsync(_report, ending.Token), CancellationToken.None);
        try
        {
            if (await WaitAsync(reading, Now + _schedule.Timeout, stop).ConfigureAwait(false))
            {
                Conclude(reading);
                return;
            }
            Fail(new SourceFailure($"No answer within {_schedule.Timeout.TotalSeconds:0.###} s."));
            await ending.CancelAsync().ConfigureAwait(false);
            await WaitAsync(reading, TimeSpan.MaxValue, stop).ConfigureAwait(false);
            ConcludeLate();
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            await LetGoAsync(reading).ConfigureAwait(false);
            throw;
        }
    }

    private void Conclude(Task reading)
    {
        // Whatever it is, it is this source's failure and must not stop the others; it is logged and published.
        Exception? failure = reading.Exception?.InnerException
            ?? (reading.IsCanceled ? new SourceFailure("The reading was cancelled.") : null);
        failure = _values.OfferAll(_report, _schedule.Interval) ?? failure;
        if (failure is not null)
        {
            Fail(failure);
            return;
        }
        _values.RetireUnwritten();
        if (Health.Error is not null)
            SourceRecovered(_source.Name);
        Volatile.Write(ref _health, Health with { LastGood = _report.Time });
        PublishState(_report.Skipped > 0 ? SourceState.Limited : SourceState.Ok, null);
        MarkStale();
    }

    /// <summary>
    /// A reading that ended after its timeout has failed, and goes on to say so. What it had completed is published
    /// all the same: a source does not say a line of a log twice.
    /// </summary>
    private void ConcludeLate()
    {
        _values.OfferAll(_report, _schedule.Interval, except: _schedule.Topic);
        MarkStale(); // the values are as old as the reading's start
    }

    private void Fail(Exception failure)
    {
        string error = SourceFailure.TextOf(failure);
        if (error.Length > MaxErrorCharacters)
            error = error[..MaxErrorCharacters];
        if (Health.Error is null)
            SourceFailed(_source.Name, error, failure is SourceFailure ? null : failure);
        if (_schedule.Topic is { } topic)
        {
            _own.Restart();
            _own.Begin(topic);
            (failure as SourceFailure)?.Details?.Invoke(_own);
            _own.WriteText("state", "failed");
            _own.WriteText("error", error);
            _own.End();
            _values.OfferAll(_own, _schedule.Interval);
        }
        PublishState(Health.State is SourceState.Stale ? SourceState.Stale : SourceState.Failed, error);
        MarkStale();
    }

    private void PublishState(SourceState state, string? error)
    {
        Volatile.Write(ref _health, Health with { State = state, Error = error });
        _own.Restart();
        _own.Begin(_stateTopic);
        _own.WriteText("state", NameOf(state));
        if (error is not null)
            _own.WriteText("error", error);
        if (state is SourceState.Limited)
            _own.Write("skipped_topics", _report.Skipped);
        _own.End();
        _states.OfferAll(_own, state is SourceState.Resting ? _restPace : _schedule.Interval);
        _firstReading.TrySetResult();
    }

    /// <summary>Marks what is too old, and remembers when to look again.</summary>
    private void MarkStale()
    {
        TimeSpan now = Now;
        bool due = now >= _staleAt;
        _staleAt = _values.MarkStale(now);
        if (due && Health.State is SourceState.Failed)
            PublishState(SourceState.Stale, Health.Error);
    }

    private bool MayRest() =>
        _schedule.OnlyWhenWatched && Health.State is not SourceState.Starting && !_values.IsWatched;

    private async Task WaitUntilAsync(TimeSpan due, CancellationToken stop)
    {
        for (TimeSpan now = Now; now < due; now = Now)
        {
            TimeSpan next = due < _staleAt ? due : _staleAt;
            if (next > now)
                await Task.Delay(WholeMilliseconds(next - now), _time, stop).ConfigureAwait(false);
            if (Now >= _staleAt)
                MarkStale();
        }
    }

    /// <summary>True when the task ended by then; what becomes stale meanwhile is marked.</summary>
    private async Task<bool> WaitAsync(Task reading, TimeSpan due, CancellationToken stop)
    {
        while (true)
        {
            TimeSpan now = Now;
            TimeSpan next = due < _staleAt ? due : _staleAt;
            TimeSpan left = next == TimeSpan.MaxValue ? Timeout.InfiniteTimeSpan
                : next > now ? WholeMilliseconds(next - now) : TimeSpan.Zero;
            await reading.WaitAsync(left, _time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (reading.IsCompleted)
                return true;
            stop.ThrowIfCancellationRequested();
            if (Now >= due)
                return false;
            if (Now >= _staleAt)
                MarkStale();
        }
    }

    /// <summary>At the end of the service: a reading that does not end is left to the end of the process.</summary>
    private async Task LetGoAsync(Task reading)
    {
        await reading.WaitAsync(StopGrace, _time, CancellationToken.None)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!reading.IsCompleted)
            SourceLeft(_source.Name, StopGrace.TotalSeconds);
    }

    /// <summary>Timers count milliseconds; rounded down, the wait would end before its time and be repeated.</summary>
    private static TimeSpan WholeMilliseconds(TimeSpan span) =>
        TimeSpan.FromMilliseconds(Math.Ceiling(span.TotalMilliseconds));

    private static string NameOf(SourceState state) => state switch
    {
        SourceState.Ok => "ok",
        SourceState.Limited => "limited",
        SourceState.Failed => "failed",
        SourceState.Stale => "stale",
        SourceState.Resting => "resting",
        _ => "starting",
    };

    [LoggerMessage(
        9001, LogLevel.Warning, "The source {Source} failed; its other topics keep their last values: {Error}")]
    private partial void SourceFailed(string source, string error, Exception? failure);

    [LoggerMessage(9002, LogLevel.Information, "The source {Source} works again")]
    private partial void SourceRecovered(string source);

    [LoggerMessage(
        9004, LogLevel.Warning, "The source {Source} was told to end and did not within {Seconds} s; it is left")]
    private partial void SourceLeft(string source, double seconds);
}
