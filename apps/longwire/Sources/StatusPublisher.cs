using Microsoft.Extensions.Logging;

namespace Longwire.Service.Sources;

/// <summary>Reads every source once a second, for all clients, and publishes what changed.</summary>
/// <remarks>
/// Owner: the service, which awaits <see cref="RunAsync"/>. Concurrency: one reader on the pool, never on a loop.
/// Bound: <see cref="StatusReport.MaxTopics"/> topics a source; it remembers the last value of each to see a change.
/// </remarks>
internal sealed partial class StatusPublisher
{
    /// <summary>Time between two readings.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>
    /// A value is published at least this often, changed or not: silence for longer means that something is wrong.
    /// </summary>
    public static readonly TimeSpan Refresh = TimeSpan.FromSeconds(10);

    private const int MaxErrorCharacters = 256;

    private readonly SourceState[] _sources;
    private readonly IStatusSink _sink;
    private readonly TimeProvider _time;
    private readonly ILogger<StatusPublisher> _logger;
    private readonly StatusReport _report;
    private readonly StatusReport _stateReport;
    private readonly Dictionary<string, PublishedTopic> _topics = new(StringComparer.Ordinal);
    private readonly List<string> _gone = [];
    private readonly TaskCompletionSource _firstRound = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _round;

    public StatusPublisher(
        IReadOnlyList<IStatusSource> sources, IStatusSink sink, TimeProvider time, ILogger<StatusPublisher> logger)
    {
        _sources = [.. sources.Select(source => new SourceState(source))];
        _sink = sink;
        _time = time;
        _logger = logger;
        _report = new StatusReport(time);
        _stateReport = new StatusReport(time);
    }

    /// <summary>Completes when every source was read once.</summary>
    public Task FirstRound => _firstRound.Task;

    /// <summary>Reads at once and then every <see cref="Interval"/>; returns when cancelled. Call it once.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(Interval, _time);
        try
        {
            do
            {
                ReadAll();
                _firstRound.TrySetResult();
            }
            while (await timer.WaitForNextTickAsync(cancellation).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return; // The expected end; the timer has no quieter way to say it.
        }
    }

    /// <summary>One round: reads every source and publishes.</summary>
    public void ReadAll()
    {
        _round++;
        foreach (SourceState source in _sources)
        {
            _report.Restart();
            Exception? failure = null;
            try
            {
                source.Source.Read(_report);
            }
            catch (Exception exception)
            {
                // Whatever it is, it is this source's failure and must not stop the others; it is logged and
                // published.
                failure = exception;
            }
            foreach (StatusReport.Entry entry in _report.Entries)
                failure = Offer(source, _report, entry) ?? failure;
            if (failure is null)
                RetireUnwritten(source);
            PublishState(source, failure);
        }
    }

    /// <summary>Publishes a topic when it changed, or when waiting for another round would make it late.</summary>
    private InvalidOperationException? Offer(SourceState source, StatusReport report, StatusReport.Entry entry)
    {
        if (!_topics.TryGetValue(entry.Topic, out PublishedTopic? topic))
            _topics.Add(entry.Topic, topic = new PublishedTopic(source));
        if (topic.Owner != source || topic.Round == _round && report == _report)
            return new InvalidOperationException($"Topic {entry.Topic} is written twice.");
        topic.Round = _round;
        bool late = topic.PublishedAt is not { } at || report.Elapsed - at + Interval > Refresh;
        if (!topic.Replace(report.Compared(entry)) && !late)
            return null;
        topic.PublishedAt = report.Elapsed;
        _sink.Publish(entry.Topic, report.Json(entry));
        return null;
    }

    /// <summary>
    /// A drive was unmounted, an interface removed: its last value would be retained, and believed, for ever.
    /// </summary>
    private void RetireUnwritten(SourceState source)
    {
        _gone.Clear();
        foreach ((string name, PublishedTopic topic) in _topics)
        {
            if (topic.Owner == source && topic.Round != _round && name != source.Topic)
                _gone.Add(name);
        }
        foreach (string name in _gone)
        {
            _topics.Remove(name);
            _stateReport.Restart();
            _stateReport.Begin(name);
            _stateReport.WriteText("state", "gone");
            _stateReport.End();
            _sink.Retire(name, _stateReport.Json(_stateReport.Entries[0]));
        }
    }

    private void PublishState(SourceState source, Exception? failure)
    {
        if (failure is not null && !source.Failed)
            SourceFailed(failure, source.Source.Name);
        else if (failure is null && source.Failed)
            SourceRecovered(source.Source.Name);
        source.Failed = failure is not null;

        _stateReport.Restart();
        _stateReport.Begin(source.Topic);
        _stateReport.WriteText("state", failure is not null ? "failed" : _report.Skipped > 0 ? "limited" : "ok");
        if (failure is not null)
        {
            string error = $"{failure.GetType().Name}: {failure.Message}";
            _stateReport.WriteText("error", error.Length <= MaxErrorCharacters ? error : error[..MaxErrorCharacters]);
        }
        if (_report.Skipped > 0)
            _stateReport.Write("skipped_topics", _report.Skipped);
        _stateReport.End();
        Offer(source, _stateReport, _stateReport.Entries[0]);
    }

    [LoggerMessage(9001, LogLevel.Warning, "The status source {Source} failed; its topics keep their last values.")]
    private partial void SourceFailed(Exception failure, string source);

    [LoggerMessage(9002, LogLevel.Information, "The status source {Source} works again.")]
    private partial void SourceRecovered(string source);

    private sealed class SourceState(IStatusSource source)
    {
        public IStatusSource Source { get; } = source;

        public string Topic { get; } = $"longwire/source/{TopicLevel.FromName(source.Name)}";

        public bool Failed { get; set; }
    }
}
