namespace Longwire;

/// <summary>A client's subscription to one filter, across connections.</summary>
/// <remarks>
/// Owner: its client; the queue has a reader beside. Concurrency: the client's loop. Bound: the queue, and
/// <see cref="FeedClientOptions.MaxTopics"/> positions.
/// </remarks>
internal sealed class FeedSubscription(TopicFilter filter, FeedSubscribeOptions options, int maxTopics)
{
    private readonly Dictionary<string, TopicPlace> _places = new(StringComparer.Ordinal);

    internal TopicFilter Filter { get; } = filter;

    /// <summary>The filter's text, which names the subscription.</summary>
    internal string Name { get; } = filter.ToString();

    internal TimeSpan Interval => options.Interval;

    internal UpdateQueue Queue { get; } = new(options);

    /// <summary>The id of the SUBSCRIBE that is not answered yet; 0 for none.</summary>
    internal uint Pending { get; set; }

    /// <summary>What a connection before this one knew is compared until the snapshot's end.</summary>
    internal bool IsResuming { get; set; }

    internal IReadOnlyCollection<TopicPlace> Places => _places.Values;

    /// <summary>Where the subscription stands in a topic; one that nobody keeps when there are too many.</summary>
    internal TopicPlace PlaceIn(string topic)
    {
        if (!_places.TryGetValue(topic, out TopicPlace? place))
        {
            place = new TopicPlace(topic);
            if (_places.Count < maxTopics)
                _places.Add(topic, place);
        }
        return place;
    }

    /// <summary>The server was started anew: numbers mean nothing any more.</summary>
    internal bool Restart(long epoch)
    {
        _places.Clear();
        IsResuming = false;
        return Queue.Add(new FeedUpdate(FeedUpdateKind.Restarted, "", 0, default, 0, epoch));
    }

    internal bool Value(TopicPlace place, long sequence, ReadOnlyMemory<byte> payload, long epoch)
    {
        long lost = IsResuming && place.Sequence > 0 ? sequence - place.Sequence - 1 - place.Told : 0;
        bool goesOn = lost <= 0
            || Queue.Add(new FeedUpdate(FeedUpdateKind.Gap, place.Topic, 0, default, lost, epoch));
        place.Sequence = sequence;
        place.Told = 0;
        return goesOn
            && Queue.Add(new FeedUpdate(FeedUpdateKind.Value, place.Topic, sequence, payload, 0, epoch));
    }

    internal bool Gap(TopicPlace place, long count, long epoch)
    {
        if (IsResuming)
            place.Told += count;
        return Queue.Add(new FeedUpdate(FeedUpdateKind.Gap, place.Topic, 0, default, count, epoch));
    }

    internal bool Stale(TopicPlace place, long epoch) =>
        Queue.Add(new FeedUpdate(FeedUpdateKind.Stale, place.Topic, place.Sequence, default, 0, epoch));

    internal bool Complete(long epoch)
    {
        IsResuming = false;
        return Queue.Add(new FeedUpdate(FeedUpdateKind.Complete, Name, 0, default, 0, epoch));
    }
}

/// <summary>How far a subscription has come in a topic.</summary>
internal sealed class TopicPlace(string topic)
{
    internal string Topic => topic;

    /// <summary>The last number that was seen; 0 for none.</summary>
    internal long Sequence { get; set; }

    /// <summary>Lost messages behind it that a GAP has told; kept beside it, as two filters may tell one gap.</summary>
    internal long Told { get; set; }
}
