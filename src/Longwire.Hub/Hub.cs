using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Longwire.Primitives;

namespace Longwire;

/// <summary>Topics: publishers append, loops pull. No sockets, no waiting.</summary>
/// <remarks>
/// Owner: the server. Concurrency: any thread, but for what says otherwise. Bound: <see cref="HubOptions"/>.
/// Lock order: hub, then topic, then pool; no lock is held across a call out.
/// </remarks>
public sealed class Hub
{
    /// <summary>Most loops: one bit each.</summary>
    internal const int MaxLoops = 64;

    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<string, Topic> _topics = new(StringComparer.Ordinal);
    private readonly FilterTrie<Interested> _filters = new();
    private readonly HubLoop?[] _loops = new HubLoop?[MaxLoops];
    private Topic[] _byId = new Topic[64];
    private int _count;
    private int _encoders;

    /// <summary>Creates an empty hub.</summary>
    public Hub(SlabPool pool, HubOptions? options = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(pool);
        Pool = pool;
        Options = options ?? new HubOptions();
        DateTimeOffset now = (time ?? TimeProvider.System).GetUtcNow();
        Epoch = (now - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
    }

    /// <summary>The limits.</summary>
    public HubOptions Options { get; }

    /// <summary>
    /// Names this life of the hub: sequence numbers of another epoch mean nothing. Unix time in
    /// microseconds at its start, below 2^53 until the year 2255.
    /// </summary>
    public long Epoch { get; }

    /// <summary>Topics so far.</summary>
    public int TopicCount => Volatile.Read(ref _count);

    internal SlabPool Pool { get; }

    /// <summary>Publishes to a topic, which is made when it is new.</summary>
    /// <param name="topic">Its name; no wildcards (<see cref="TopicName"/>).</param>
    /// <param name="payload">The message; copied.</param>
    public PublishResult Publish(string topic, ReadOnlySpan<byte> payload) => Publish(topic, payload, 0);

    /// <summary>The topic of that name, made when it is new, to publish to it without a look-up.</summary>
    public bool TryGetTopic(string name, [NotNullWhen(true)] out Topic? topic, out PublishStatus refused)
    {
        refused = PublishStatus.Published;
        if (name is not null && _topics.TryGetValue(name, out topic))
            return true;
        topic = null;
        if (TopicName.Check(name) is not null)
            refused = PublishStatus.InvalidTopic;
        else if ((topic = AddTopic(name!)) is null)
            refused = PublishStatus.TooManyTopics;
        return topic is not null;
    }

    /// <summary>The topic of that name, or null.</summary>
    public Topic? FindTopic(string name) => _topics.GetValueOrDefault(name);

    /// <summary>The topics that match a filter, in the order in which they were made.</summary>
    public IReadOnlyList<Topic> FindTopics(TopicFilter filter)
    {
        ArgumentNullException.ThrowIfNull(filter);
        var found = new List<Topic>();
        int count = TopicCount;
        for (int id = 0; id < count; id++)
        {
            if (filter.Matches(TopicAt(id).Name))
                found.Add(TopicAt(id));
        }
        return found;
    }

    internal PublishResult Publish(string name, ReadOnlySpan<byte> payload, long except) =>
        TryGetTopic(name, out Topic? topic, out PublishStatus refused)
            ? topic.Publish(payload, except)
            : PublishResult.Refused(refused);

    internal Topic TopicAt(int id) => Volatile.Read(ref _byId)[id];

    internal HubLoop AddLoop(int index, Inbox inbox) => _loops[index] = new HubLoop(this, index, inbox);

    /// <summary>
    /// Registers a loop's interest and returns the number of topics before it: the loop looks at those itself.
    /// </summary>
    internal int AddFilter(FilterGroup group)
    {
        lock (_gate)
        {
            ref Interested interested = ref _filters.GetOrAdd(group.Filter);
            interested = new Interested([.. interested.Groups ?? [], group]);
            return _count;
        }
    }

    internal void RemoveFilter(FilterGroup group)
    {
        lock (_gate)
        {
            ref Interested interested = ref _filters.GetOrAdd(group.Filter);
            interested = new Interested(Array.FindAll(interested.Groups, other => other != group));
            if (interested.Groups.Length == 0)
                _filters.Remove(group.Filter);
        }
    }

    internal int NextEncoder() => Interlocked.Increment(ref _encoders) - 1;

    /// <summary>Releases every message; after the loops have ended.</summary>
    internal void Clear()
    {
        foreach (Topic topic in _topics.Values)
            topic.Clear();
    }

    private Topic? AddTopic(string name)
    {
        lock (_gate)
        {
            if (_topics.TryGetValue(name, out Topic? topic))
                return topic;
            if (_count >= Options.MaxTopics)
                return null;
            topic = new Topic(this, _count, name, OptionsFor(name));
            if (_count == _byId.Length)
            {
                var larger = new Topic[_count * 2];
                _byId.CopyTo(larger, 0);
                Volatile.Write(ref _byId, larger);
            }
            _byId[_count] = topic;
            // Loops with a matching filter get their cursor before the first message is in, so they miss nothing.
            var groups = new List<FilterGroup>();
            _filters.Match(name, groups, static (all, interested) => all.AddRange(interested.Groups));
            foreach (IGrouping<int, FilterGroup> ofLoop in groups.GroupBy(static group => group.Loop))
                topic.AddCursor(new TopicCursor(topic, _loops[ofLoop.Key]!, [.. ofLoop]), fromStart: true);
            Volatile.Write(ref _count, _count + 1);
            _topics[name] = topic;
            return topic;
        }
    }

    private TopicOptions OptionsFor(string name)
    {
        foreach ((TopicFilter filter, TopicOptions options) in Options.Topics)
        {
            if (filter.Matches(name))
                return options;
        }
        return TopicOptions.Default;
    }

    /// <summary>The loops' groups of one filter; at most one of each loop.</summary>
    private readonly record struct Interested(FilterGroup[] Groups);
}
