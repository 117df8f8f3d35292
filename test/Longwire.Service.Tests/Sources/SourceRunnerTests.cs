using Longwire.Service.Sources;
using Microsoft.Extensions.Logging;

namespace Longwire.Service.Tests.Sources;

/// <summary>Pace, timeout, staleness and rest, in virtual time.</summary>
public sealed class SourceRunnerTests : IAsyncDisposable
{
    private static readonly SourceSchedule s_schedule = new()
    {
        Interval = TimeSpan.FromSeconds(10),
        Timeout = TimeSpan.FromSeconds(3),
        Topic = "check/a",
    };

    private readonly ArmedTime _time = new();
    private readonly RecordingSink _sink = new();
    private readonly RecordingLogger _logger = new();
    private readonly CancellationTokenSource _stop = new();
    private StatusPublisher _publisher = null!;
    private Task _running = Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.WaitAsync(LineClient.Deadline);
        _stop.Dispose();
        _sink.Dispose();
    }

    [Fact]
    public async Task It_reads_at_once_and_then_every_interval()
    {
        ScriptedSource source = ScriptedSource.Counting("a", "check/a");
        Run((source, s_schedule));
        for (int reading = 1; reading <= 4; reading++)
        {
            await _time.WaitForTimerAsync(s_schedule.Interval, $"the pause after reading {reading}");
            Assert.Equal(reading, source.Readings);
            _time.Advance(s_schedule.Interval);
        }
        await _time.WaitForTimerAsync(s_schedule.Interval, "the last pause");
        Assert.Equal(5, _sink.Take("check/a").Length);
    }

    [Fact]
    public async Task Jitter_delays_each_reading_and_does_not_add_up()
    {
        ScriptedSource source = ScriptedSource.Counting("a", "check/a");
        TimeSpan jitter = TimeSpan.FromSeconds(4);
        DateTimeOffset start = _time.GetUtcNow();
        var delays = new List<TimeSpan>();
        Run((source, s_schedule with { Jitter = jitter }));
        for (int beat = 0; beat < 20; beat++)
        {
            // A reading may have been waited for, too, if it was not done at once.
            TimeSpan due = await _time.WaitForTimerAsync(
                found => found != s_schedule.Timeout, $"the pause before {beat}");
            Assert.Equal(beat, source.Readings);
            _time.Advance(due);
            delays.Add(_time.GetUtcNow() - start - s_schedule.Interval * beat);
        }
        Assert.All(delays, delay => Assert.InRange(delay, TimeSpan.Zero, jitter + TimeSpan.FromMilliseconds(1)));
        Assert.True(delays.Max() - delays.Min() > jitter / 2, "They are spread.");
    }

    [Fact]
    public async Task A_source_that_hangs_fails_at_its_timeout_and_delays_no_other()
    {
        var hanging = new ScriptedSource("hanging", ScriptedSource.HangAsync);
        ScriptedSource other = ScriptedSource.Counting("other", "check/b");
        Run((hanging, s_schedule), (other, s_schedule with { Interval = TimeSpan.FromSeconds(1), Topic = null }));
        await _time.WaitForTimerAsync(s_schedule.Timeout, "the hanging reading");
        for (int second = 1; second <= 3; second++)
        {
            await _time.WaitForTimerAsync(TimeSpan.FromSeconds(1), $"the other's pause {second}");
            Assert.Equal(second, other.Readings);
            _time.Advance(TimeSpan.FromSeconds(1));
        }
        await _time.WaitForTimerAsync(TimeSpan.FromSeconds(7), "the pause after the timeout");
        Assert.EndsWith(
            """Z","state":"failed","error":"No answer within 3 s."}""", Assert.Single(_sink.Take("check/a")));
        Assert.EndsWith(
            """Z","state":"failed","error":"No answer within 3 s."}""",
            Assert.Single(_sink.Take("longwire/source/hanging")));
        Assert.Equal([9001], _logger.Lines.Select(line => line.Id));
        Assert.Equal(
            [("hanging", SourceState.Failed), ("other", SourceState.Ok)],
            _publisher.Health.Select(health => (health.Name, health.State)));
    }

    [Fact]
    public async Task A_source_that_ignores_its_cancellation_is_not_started_again_and_its_topics_become_stale()
    {
        var release = new TaskCompletionSource();
        var source = new ScriptedSource("a", (report, _) =>
        {
            FakeSource.Value("check/a", 1)(report);
            FakeSource.Value("check/a/field", 2)(report);
            return Task.CompletedTask;
        });
        Run((source, s_schedule));
        await _time.WaitForTimerAsync(s_schedule.Interval, "the first pause");
        var entered = new TaskCompletionSource();
        source.Reading = (report, _) =>
        {
            entered.SetResult();
            return release.Task;
        };
        _time.Forget();
        _time.Advance(s_schedule.Interval);
        await _time.WaitForTimerAsync(s_schedule.Timeout, "the hanging reading");
        await entered.Task.WaitAsync(LineClient.Deadline, TestContext.Current.CancellationToken);
        Assert.Empty(_sink.Take("stale:check/a/field"));
        _time.Advance(s_schedule.Timeout); // 13 s after the good reading: its timeout, and the staleness
        await _sink.WaitForPublishAsync("the two values", "stale:check/a/field");
        Assert.Equal(
            ["""{"time":"2026-11-23T01:02:03.000Z","value_bytes":2,"stale":true}"""],
            _sink.Take("stale:check/a/field"));
        await _sink.WaitForPublishAsync(
            "its state", "longwire/source/a", """stale","error":"No answer within 3 s."}""");
        _time.Advance(TimeSpan.FromMinutes(5)); // it is stuck all the while
        Assert.Equal(2, source.Readings);
        Assert.Equal(SourceState.Stale, Assert.Single(_publisher.Health).State);

        _sink.Take("check/a/field");
        _time.Forget();
        source.Reading = (report, _) =>
        {
            FakeSource.Value("check/a/field", 2)(report);
            return Task.CompletedTask;
        };
        release.SetResult();
        // The beats that passed are left out, and the next is read: the same value is news, because it is fresh.
        await _time.WaitForTimerAsync(due => due > TimeSpan.Zero && due <= s_schedule.Interval, "the next beat");
        _time.Advance(s_schedule.Interval);
        await _sink.WaitForPublishAsync("the fresh value", "check/a/field");
        await _sink.WaitForPublishAsync("its state", "longwire/source/a", "\"state\":\"ok\"}");
        Assert.Equal([9001, 9002], _logger.Lines.Select(line => line.Id));
    }

    [Fact]
    public async Task What_a_late_reading_had_completed_is_published_and_its_own_topic_goes_on_to_say_failed()
    {
        var release = new TaskCompletionSource();
        var source = new ScriptedSource("a", async (report, _) =>
        {
            Line(report, "before");
            FakeSource.Value("check/a/field", 1)(report);
            await release.Task; // whatever the cancellation says
            Line(report, "after");
            FakeSource.Value("check/a", 2)(report);
            report.Begin("check/a/half");
        });
        Run((source, s_schedule));
        await _time.WaitForTimerAsync(s_schedule.Timeout, "the hanging reading");
        _time.Advance(s_schedule.Timeout);
        await _sink.WaitForPublishAsync("the failure", "check/a", """failed","error":"No answer within 3 s."}""");
        Assert.Empty(_sink.Take("check/a/line")); // the report is still the reading's
        _time.Forget();
        release.SetResult();
        await _time.WaitForTimerAsync(TimeSpan.FromSeconds(7), "the pause after it");
        Assert.Equal(
            ["""{"line":"before"}""", """{"line":"after"}"""],
            _sink.Take("check/a/line").Select(SourceRun.WithoutTime));
        Assert.Equal(
            """{"value_bytes":1}""", SourceRun.WithoutTime(Assert.Single(_sink.Take("check/a/field"))));
        Assert.Single(_sink.Take("check/a"));
        Assert.Empty(_sink.Take("check/a/half"));
        Assert.Equal(SourceState.Failed, Assert.Single(_publisher.Health).State);

        source.Reading = (report, _) =>
        {
            Line(report, "next");
            FakeSource.Value("check/a", 3)(report);
            return Task.CompletedTask;
        };
        _time.Advance(TimeSpan.FromSeconds(7));
        await _sink.WaitForPublishAsync("the next value", "check/a", "\"value_bytes\":3}");
        Assert.Equal("""{"line":"next"}""", SourceRun.WithoutTime(Assert.Single(_sink.Take("check/a/line"))));
    }

    [Fact]
    public async Task A_value_that_comes_when_it_is_too_old_is_stale_at_once()
    {
        var release = new TaskCompletionSource();
        var source = new ScriptedSource("a", async (report, _) =>
        {
            await release.Task;
            FakeSource.Value("check/a/field", 1)(report);
        });
        Run((source, s_schedule));
        await _time.WaitForTimerAsync(s_schedule.Timeout, "the hanging reading");
        _time.Advance(s_schedule.Timeout);
        await _sink.WaitForPublishAsync("the failure", "check/a");
        _time.Advance(s_schedule.Staleness);
        release.SetResult();
        await _sink.WaitForPublishAsync("its staleness", "stale:check/a/field");
        Assert.Single(_sink.Take("check/a/field"));
    }

    [Fact]
    public async Task A_failure_is_shown_on_the_topic_with_what_is_known_all_the_same()
    {
        var source = new ScriptedSource("a", (_, _) => throw new SourceFailure("Exit code 3.")
        {
            Details = report => report.Write("exit_code", 3),
        });
        Run((source, s_schedule));
        await _time.WaitForTimerAsync(s_schedule.Interval, "the pause");
        Assert.EndsWith(
            """Z","exit_code":3,"state":"failed","error":"Exit code 3."}""", Assert.Single(_sink.Take("check/a")));
        Assert.False(Assert.Single(_publisher.Health).IsHealthy);
    }

    [Fact]
    public async Task An_unwatched_source_rests_until_somebody_watches()
    {
        ScriptedSource source = ScriptedSource.Counting("a", "check/a");
        Run((source, s_schedule with { OnlyWhenWatched = true }));
        await _time.WaitForTimerAsync(s_schedule.Interval, "the pause after the first reading, which makes the topic");
        _time.Advance(s_schedule.Interval);
        for (int second = 0; second < 20; second++)
        {
            await _time.WaitForTimerAsync(due => due <= SourceRunner.WatchInterval, "the next look");
            _time.Advance(SourceRunner.WatchInterval);
        }
        Assert.Equal(1, source.Readings);
        Assert.Equal(SourceState.Resting, Assert.Single(_publisher.Health).State);
        Assert.InRange(_sink.Take("longwire/source/a").Count(json => json.EndsWith("\"resting\"}")), 2, 3);
        Assert.Single(_sink.Take("stale:check/a")); // who asks is told that it is old
        Assert.Single(_sink.Take("check/a"));
        await _time.WaitForTimerAsync(due => due <= SourceRunner.WatchInterval, "the next look");
        _sink.Watched = ["check/a"];
        _time.Advance(SourceRunner.WatchInterval);
        await _sink.WaitForPublishAsync("the value", "check/a");
        Assert.Equal(2, source.Readings);
    }

    [Fact]
    public async Task The_end_waits_for_a_reading_that_hangs_and_then_leaves_it()
    {
        var never = new TaskCompletionSource();
        Run((new ScriptedSource("a", (_, _) => never.Task), s_schedule));
        await _time.WaitForTimerAsync(s_schedule.Timeout, "the reading");
        await _stop.CancelAsync();
        await _time.WaitForTimerAsync(SourceRunner.StopGrace, "the end");
        Assert.False(_running.IsCompleted);
        _time.Advance(SourceRunner.StopGrace);
        await _running.WaitAsync(LineClient.Deadline, TestContext.Current.CancellationToken);
        Assert.Equal([(LogLevel.Warning, 9004)], _logger.Lines.Select(line => (line.Level, line.Id)));
    }

    [Fact]
    public async Task A_sink_that_throws_ends_all()
    {
        using var other = new RecordingSink();
        ScriptedSource source = ScriptedSource.Counting("a", "check/a");
        other.Dispose(); // and so it throws
        var publisher = new StatusPublisher(
            [new ScheduledSource(source, s_schedule, IsLocal: false),
                new ScheduledSource(new ScriptedSource("b", ScriptedSource.HangAsync), s_schedule, IsLocal: false)],
            other, _time, new Random(1), _logger);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => publisher.RunAsync(_stop.Token));
    }

    [Fact]
    public async Task The_first_round_waits_for_local_sources_only()
    {
        var remote = new ScheduledSource(new ScriptedSource("a", ScriptedSource.HangAsync), s_schedule, IsLocal: false);
        ScheduledSource local = ScheduledSource.Local(
            new FakeSource("b", FakeSource.Value("check/b", 1)), new SourceSchedule());
        _publisher = new StatusPublisher([remote, local], _sink, _time, new Random(1), _logger);
        _running = _publisher.RunAsync(_stop.Token);
        await _publisher.FirstRound.WaitAsync(LineClient.Deadline, TestContext.Current.CancellationToken);
        Assert.Single(_sink.Take("check/b"));
        Assert.Equal(SourceState.Starting, _publisher.Health[0].State);
    }

    private static void Line(StatusReport report, string text)
    {
        report.BeginEvent("check/a/line");
        report.WriteText("line", text);
        report.End();
    }

    private void Run(params (IAsyncStatusSource Source, SourceSchedule Schedule)[] sources)
    {
        _publisher = new StatusPublisher(
            [.. sources.Select(each => new ScheduledSource(each.Source, each.Schedule, IsLocal: false))],
            _sink, _time, new Random(1), _logger);
        _running = _publisher.RunAsync(_stop.Token);
    }
}
