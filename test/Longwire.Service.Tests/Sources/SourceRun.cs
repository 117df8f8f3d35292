using Longwire.Service.Sources;
using Longwire.Service.Sources.Configuration;

namespace Longwire.Service.Tests.Sources;

/// <summary>A configured source whose readings a test asks for, and what they published.</summary>
internal sealed class SourceRun : IDisposable
{
    private readonly IAsyncStatusSource _source;
    private readonly SourceRunner _runner;

    public SourceRun(SourceOptions options, TimeProvider? time = null)
    {
        _source = options.Create(TimeProvider.System);
        _runner = new SourceRunner(
            _source, options.Schedule, Sink, new TopicClaims(), time ?? TimeProvider.System, new Random(1), Logger);
    }

    public RecordingSink Sink { get; } = new();

    public RecordingLogger Logger { get; } = new();

    public SourceHealth Health => _runner.Health;

    /// <summary>The schedule of these tests: nothing but a test's end is waited for, unless it says so.</summary>
    public static SourceSchedule Schedule(string topic) => new() { Timeout = TimeSpan.FromMinutes(1), Topic = topic };

    /// <summary>One reading to its end.</summary>
    public async Task ReadAsync() => await _runner.ReadAsync(TestContext.Current.CancellationToken)
        .WaitAsync(LineClient.Deadline, TestContext.Current.CancellationToken);

    /// <summary>One reading, and the one value that it published on a topic, without its time.</summary>
    public async Task<string> ReadAsync(string topic)
    {
        await ReadAsync();
        return Take(topic);
    }

    /// <summary>The one value that was published on a topic, without its time.</summary>
    public string Take(string topic) => WithoutTime(Assert.Single(Sink.Take(topic)));

    public static string WithoutTime(string json) => "{" + json["{'time':'2026-11-23T01:02:03.123Z',".Length..];

    public void Dispose() => Sink.Dispose();
}
