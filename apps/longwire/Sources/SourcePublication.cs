using System.Buffers;

namespace Longwire.Service.Sources;

/// <summary>What one source has published, and what of a new reading is worth publishing.</summary>
/// <remarks>
/// Owner and concurrency: its <see cref="SourceRunner"/>. Bound: <see cref="StatusReport.MaxTopics"/> topics and the
/// source's state; it remembers the last value of each.
/// </remarks>
internal sealed class SourcePublication(TimeSpan staleness, IStatusSink sink, TopicClaims claims, TimeProvider time)
{
    private readonly Dictionary<string, PublishedTopic> _topics = new(StringComparer.Ordinal);
    private readonly HashSet<string> _events = new(StringComparer.Ordinal);
    private readonly List<string> _gone = [];
    private readonly ArrayBufferWriter<byte> _marked = new();
    private readonly StatusReport _goodbye = new(time);
    private long _round;

    /// <summary>Whether anybody is subscribed to one of the topics.</summary>
    public bool IsWatched => _topics.Keys.Any(sink.IsWatched) || _events.Any(sink.IsWatched);

    /// <summary>
    /// Publishes what is new, and what would be late by the next reading, after <paramref name="pace"/>.
    /// </summary>
    /// <param name="report">What was read.</param>
    /// <param name="pace">How long it is until the next.</param>
    /// <param name="except">A topic whose value stays as it is; null for none.</param>
    /// <returns>Null, or what is wrong with a topic.</returns>
    public SourceFailure? OfferAll(StatusReport report, TimeSpan pace, string? except = null)
    {
        _round++;
        SourceFailure? failure = null;
        foreach (StatusReport.Entry entry in report.Entries)
        {
            if (entry.Topic != except && !Offer(report, entry, pace))
                failure ??= new SourceFailure($"Topic {entry.Topic} is written twice.");
        }
        return failure;
    }

    /// <summary>
    /// A drive was unmounted, an interface removed: its last value would be retained, and believed, for ever.
    /// </summary>
    public void RetireUnwritten()
    {
        _gone.Clear();
        foreach ((string name, PublishedTopic topic) in _topics)
        {
            if (topic.Round != _round)
                _gone.Add(name);
        }
        foreach (string name in _gone)
        {
            _topics.Remove(name);
            _goodbye.Restart();
            _goodbye.Begin(name);
            _goodbye.WriteText("state", "gone");
            _goodbye.End();
            sink.Retire(name, _goodbye.Json(_goodbye.Entries[0]));
            claims.Release(name);
        }
    }

    /// <summary>
    /// Publishes the last value of each topic that was not written for too long once more, with <c>"stale":true</c>.
    /// </summary>
    /// <returns>When the next will be stale; <see cref="TimeSpan.MaxValue"/> for none.</returns>
    public TimeSpan MarkStale(TimeSpan now)
    {
        TimeSpan next = TimeSpan.MaxValue;
        foreach ((string name, PublishedTopic topic) in _topics)
        {
            if (topic.IsStale)
                continue;
            TimeSpan due = topic.WrittenAt + staleness;
            if (due > now)
            {
                next = due < next ? due : next;
                continue;
            }
            topic.IsStale = true;
            _marked.ResetWrittenCount();
            _marked.Write(topic.Json[..^1]); // without the closing brace
            _marked.Write(",\"stale\":true}"u8);
            sink.MarkStale(name, _marked.WrittenMemory);
        }
        return next;
    }

    private bool Offer(StatusReport report, StatusReport.Entry entry, TimeSpan pace)
    {
        bool isEvent = entry.ComparedFrom < 0;
        if (!claims.TryClaim(entry.Topic, this))
            return false;
        if (isEvent)
        {
            _events.Add(entry.Topic);
            sink.Publish(entry.Topic, report.Json(entry));
            return true;
        }
        if (!_topics.TryGetValue(entry.Topic, out PublishedTopic? topic))
            _topics.Add(entry.Topic, topic = new PublishedTopic());
        if (topic.Round == _round)
            return false;
        topic.Round = _round;
        topic.WrittenAt = report.Elapsed;
        bool late = topic.PublishedAt is not { } at
            || report.Elapsed - at + pace > StatusPublisher.Refresh;
        ReadOnlyMemory<byte> json = report.Json(entry);
        bool changed = topic.Replace(json.Span, entry.ComparedFrom - entry.Start);
        if (!changed && !late && !topic.IsStale)
            return true;
        topic.IsStale = false;
        topic.PublishedAt = report.Elapsed;
        sink.Publish(entry.Topic, json);
        return true;
    }
}
