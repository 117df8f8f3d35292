using Longwire.Service.Sources;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Longwire.Service.Tests;

public sealed class StatusPublisherTests : IDisposable
{
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 23, 1, 2, 3, 123, TimeSpan.Zero));
    private readonly RecordingSink _sink = new();
    private readonly RecordingLogger _logger = new();

    public void Dispose() => _sink.Dispose();

    [Fact]
    public async Task The_time_is_the_first_field_in_ISO_8601()
    {
        await Publisher(new FakeSource("a", FakeSource.Value("host/a", 1))).ReadAllAsync();
        Assert.Equal(["""{"time":"2026-11-23T01:02:03.123Z","value_bytes":1}"""], _sink.Take("host/a"));
    }

    [Fact]
    public async Task A_changed_value_is_published_at_once_and_an_unchanged_one_is_not()
    {
        var source = new FakeSource("a", FakeSource.Value("host/a", 1));
        StatusPublisher publisher = Publisher(source);
        await RoundAsync(publisher);
        Assert.Single(_sink.Take("host/a"));
        await RoundAsync(publisher);
        Assert.Empty(_sink.Take("host/a"));
        source.Reading = FakeSource.Value("host/a", 2);
        await RoundAsync(publisher);
        Assert.Contains("\"value_bytes\":2", Assert.Single(_sink.Take("host/a")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unchanged_value_is_published_every_10_seconds()
    {
        StatusPublisher publisher = Publisher(new FakeSource("a", FakeSource.Value("host/a", 1)));
        List<int> publishedAt = [];
        for (int second = 0; second <= 30; second++)
        {
            await RoundAsync(publisher);
            if (_sink.Take("host/a").Length > 0)
                publishedAt.Add(second);
        }
        Assert.Equal([0, 10, 20, 30], publishedAt);
    }

    [Fact]
    public async Task A_change_restarts_the_10_seconds()
    {
        var source = new FakeSource("a", FakeSource.Value("host/a", 1));
        StatusPublisher publisher = Publisher(source);
        List<int> publishedAt = [];
        for (int second = 0; second <= 16; second++)
        {
            if (second == 4)
                source.Reading = FakeSource.Value("host/a", 2);
            await RoundAsync(publisher);
            if (_sink.Take("host/a").Length > 0)
                publishedAt.Add(second);
        }
        Assert.Equal([0, 4, 14], publishedAt);
    }

    [Fact]
    public async Task With_late_ticks_no_gap_is_longer_than_10_seconds()
    {
        StatusPublisher publisher = Publisher(new FakeSource("a", FakeSource.Value("host/a", 1)));
        TimeSpan last = TimeSpan.Zero;
        TimeSpan now = TimeSpan.Zero;
        for (int round = 0; round < 100; round++)
        {
            await publisher.ReadAllAsync();
            if (_sink.Take("host/a").Length > 0)
            {
                Assert.True(now - last <= StatusPublisher.Refresh, $"{now - last} passed between two values.");
                last = now;
            }
            var step = TimeSpan.FromMilliseconds(round % 2 == 0 ? 993 : 1000);
            _time.Advance(step);
            now += step;
        }
        Assert.True(last > TimeSpan.FromSeconds(80));
    }

    [Fact]
    public async Task Fields_that_only_follow_the_clock_are_no_change()
    {
        long uptime = 0;
        StatusPublisher publisher = Publisher(new FakeSource("a", report =>
        {
            report.Begin("host/a");
            report.Write("uptime_seconds", uptime++);
            report.CompareFromHere();
            report.Write("value_bytes", 1);
            report.End();
        }));
        await RoundAsync(publisher);
        await RoundAsync(publisher);
        Assert.Single(_sink.Take("host/a"));
    }

    [Fact]
    public async Task A_failing_source_is_shown_and_logged_once_and_the_others_go_on()
    {
        var failing = new FakeSource("bad", FakeSource.Value("host/bad", 1));
        long value = 0;
        StatusPublisher publisher = Publisher(
            failing, new FakeSource("good", report => FakeSource.Value("host/good", value++)(report)));
        await RoundAsync(publisher);
        Assert.EndsWith("\"state\":\"ok\"}", Assert.Single(_sink.Take("longwire/source/bad")));

        failing.Reading = _ => throw new InvalidDataException("no 'cpu' line\u001b");
        for (int i = 0; i < 3; i++)
            await RoundAsync(publisher);
        Assert.EndsWith(
            """Z","state":"failed","error":"InvalidDataException: no 'cpu' line\u001B"}""",
            Assert.Single(_sink.Take("longwire/source/bad")));
        Assert.Equal(4, _sink.Take("host/good").Length);
        Assert.Equal((LogLevel.Warning, 9001), Assert.Single(_logger.Lines.Select(line => (line.Level, line.Id))));
        Assert.Empty(_sink.Take("retired:host/bad"));

        failing.Reading = FakeSource.Value("host/bad", 2);
        await RoundAsync(publisher);
        Assert.EndsWith("\"state\":\"ok\"}", Assert.Single(_sink.Take("longwire/source/bad")));
        Assert.Equal([9001, 9002], _logger.Lines.Select(line => line.Id));
    }

    [Fact]
    public async Task A_source_that_fails_half_way_publishes_what_was_complete()
    {
        StatusPublisher publisher = Publisher(new FakeSource("a", report =>
        {
            FakeSource.Value("host/a", 1)(report);
            report.Begin("host/b");
            report.Write("value_bytes", 1);
            throw new IOException("gone");
        }));
        await RoundAsync(publisher);
        await RoundAsync(publisher);
        Assert.Single(_sink.Take("host/a"));
        Assert.Empty(_sink.Take("host/b"));
    }

    [Fact]
    public async Task A_topic_that_is_no_longer_written_is_retired_once()
    {
        var source = new FakeSource("a", FakeSource.Value("host/a", 1));
        StatusPublisher publisher = Publisher(source);
        await RoundAsync(publisher);
        source.Reading = _ => { };
        await RoundAsync(publisher);
        await RoundAsync(publisher);
        Assert.Equal(
            ["""{"time":"2026-11-23T01:02:04.123Z","state":"gone"}"""], _sink.Take("retired:host/a"));
        source.Reading = FakeSource.Value("host/a", 1);
        _sink.Take("host/a");
        await RoundAsync(publisher);
        Assert.Single(_sink.Take("host/a"));
    }

    [Fact]
    public async Task A_topic_belongs_to_one_source()
    {
        StatusPublisher publisher = Publisher(
            new FakeSource("a", FakeSource.Value("host/a", 1)), new FakeSource("b", FakeSource.Value("host/a", 2)));
        await RoundAsync(publisher);
        Assert.Contains("\"value_bytes\":1", Assert.Single(_sink.Take("host/a")), StringComparison.Ordinal);
        Assert.Contains("written twice", Assert.Single(_sink.Take("longwire/source/b")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Topics_over_the_limit_are_counted()
    {
        StatusPublisher publisher = Publisher(new FakeSource("a", report =>
        {
            for (int i = 0; i < StatusReport.MaxTopics + 3; i++)
                FakeSource.Value($"host/a/{i}", i)(report);
        }));
        await RoundAsync(publisher);
        Assert.EndsWith(
            "\"state\":\"limited\",\"skipped_topics\":3}", Assert.Single(_sink.Take("longwire/source/a")));
        Assert.Single(_sink.Take($"host/a/{StatusReport.MaxTopics - 1}"));
        Assert.Empty(_sink.Take($"host/a/{StatusReport.MaxTopics}"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/host")]
    [InlineData("host/")]
    [InlineData("host//a")]
    [InlineData("host/+")]
    [InlineData("host/#")]
    public async Task A_topic_that_cannot_be_published_on_is_the_source_s_failure(string topic)
    {
        await RoundAsync(Publisher(new FakeSource("a", FakeSource.Value(topic, 1))));
        Assert.Contains("ArgumentException", Assert.Single(_sink.Take("longwire/source/a")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_not_known_is_named_in_absent()
    {
        await RoundAsync(Publisher(new FakeSource("a", report =>
        {
            report.Begin("host/a");
            report.WritePercent("a_percent", 12.5499);
            report.WritePercent("b_percent", null);
            report.WritePercent("c_percent", 100.04);
            report.WritePercent("d_percent", double.NaN);
            report.Write("e", null);
            report.WriteTotal("f_total", ulong.MaxValue);
            report.End();
        })));
        Assert.EndsWith(
            """
            Z","a_percent":12.5,"c_percent":100,"f_total":18446744073709551615,"absent":["b_percent","d_percent","e"]}
            """,
            Assert.Single(_sink.Take("host/a")));
    }

    private StatusPublisher Publisher(params IStatusSource[] sources) => new(
        [.. sources.Select(source => ScheduledSource.Local(source, new SourceSchedule()))], _sink, _time, new Random(1),
        _logger);

    private async Task RoundAsync(StatusPublisher publisher)
    {
        await publisher.ReadAllAsync();
        _time.Advance(s_second);
    }
}
