using Longwire.Primitives;

namespace Longwire;

/// <summary>The hub's part on one loop: this loop's subscriptions and its fan-out.</summary>
/// <remarks>
/// Owner: the server's loop host. Concurrency: its loop, but for <see cref="Inbox"/>. Bound: the server's limits on
/// connections and subscriptions per connection.
/// A filter that is new to the loop is compared with every topic once, here, on the loop: about 0.1 µs a topic.
/// </remarks>
internal sealed partial class HubLoop
{
    internal readonly Hub Hub;
    internal readonly int Index;
    internal readonly Inbox Inbox;
    internal readonly LocalFramePool Frames = new();
    internal readonly TopicEntry[] Batch = new TopicEntry[TopicCursor.BatchEntries];
    private readonly Dictionary<TopicFilter, FilterGroup> _groups = [];
    private readonly FilterTrie<GroupSlot> _matcher = new();
    private readonly Delivery[] _deliveries = new Delivery[TopicCursor.BatchEntries];
    private readonly Delivery _joined;
    private int _topicsSeen;

    internal HubLoop(Hub hub, int index, Inbox inbox)
    {
        Hub = hub;
        Index = index;
        Inbox = inbox;
        for (int i = 0; i < _deliveries.Length; i++)
            _deliveries[i] = new Delivery(this);
        _joined = new Delivery(this);
    }

    /// <summary>Subscriptions on this loop.</summary>
    internal int Count { get; private set; }

    /// <summary>Subscribes; the snapshot follows as the caller calls <see cref="AdvanceSnapshot"/>.</summary>
    internal Subscription Subscribe(ISubscriber subscriber, TopicFilter filter, SubscribeOptions? options = null)
    {
        // First of all: a topic that has a position here is then among those that are linked next.
        Dictionary<Topic, long>? positions = options is null ? null : PositionsOf(options, filter);
        AttachNew();
        if (!_groups.TryGetValue(filter, out FilterGroup? group))
        {
            group = new FilterGroup(filter, Index);
            _groups.Add(filter, group);
            _matcher.GetOrAdd(filter) = new GroupSlot(group);
            // Topics with an id from here on tell this loop of themselves when they are made.
            int known = Hub.AddFilter(group);
            Interleaving.Point();
            if (filter.IsExact)
                AttachExisting(Hub.FindTopic(filter.ToString()), group);
            else
                AttachExisting(known, group);
        }
        foreach (TopicCursor cursor in group.Matched)
        {
            // What retains nothing is live at once, and what was published before is not for the new one.
            if (!cursor.Retains && cursor.Position != cursor.Topic.Sequence)
                cursor.CatchUp(out _);
        }
        Subscription subscription = positions is null
            ? new Subscription(subscriber, group)
            : new ResumingSubscription(subscriber, group, positions);
        group.Add(subscription);
        Count++;
        return subscription;
    }

    internal void Unsubscribe(Subscription subscription)
    {
        FilterGroup group = subscription.Group;
        group.Remove(subscription);
        Count--;
        if (group.Count > 0)
            return;
        _groups.Remove(group.Filter);
        _matcher.Remove(group.Filter);
        Hub.RemoveFilter(group);
        foreach (TopicCursor cursor in group.Matched)
        {
            cursor.EnsureAttached(); // it may be new, and other filters' groups may be waiting for it
            cursor.Detach(group);
            if (!cursor.HasLinks)
                cursor.Drop();
        }
    }

    /// <summary>
    /// Sends the next topic of a subscription's snapshot, or of a resumed one a part of what it missed; false when the
    /// snapshot is complete, or its subscriber has no room for more.
    /// </summary>
    internal bool AdvanceSnapshot(Subscription subscription)
    {
        FilterGroup group = subscription.Group;
        if (subscription.IsLive)
            return false;
        if (subscription.SnapshotIndex >= group.Matched.Count)
        {
            subscription.SnapshotIndex = Subscription.Live;
            subscription.Subscriber.DeliverSnapshotEnd(subscription);
            return false;
        }
        TopicCursor cursor = group.Matched[subscription.SnapshotIndex];
        if (subscription.TryGetPosition(cursor.Topic, out long position))
            return Resume((ResumingSubscription)subscription, cursor, position);
        if (!cursor.Retains)
        {
            subscription.SnapshotIndex++; // it has been live from the subscribe on
            return true;
        }
        bool retained = cursor.CatchUp(out TopicEntry entry);
        subscription.SnapshotIndex++;
        if (retained)
        {
            Delivery delivery = BeginDeliveries(cursor, [entry])[0];
            try
            {
                subscription.Subscriber.Deliver(subscription, delivery);
            }
            finally
            {
                delivery.End();
            }
        }
        return true;
    }

    /// <summary>
    /// Fans out what has been published until now; a loop that is about to end its connections owes them that.
    /// </summary>
    internal void FanOutPublished()
    {
        foreach (FilterGroup group in _groups.Values)
        {
            // By index: a cursor's first run may still link it to further groups.
            for (int i = 0; i < group.Matched.Count; i++)
                group.Matched[i].FanOutTo(group.Matched[i].Topic.Sequence);
        }
    }

    internal ReadOnlySpan<Delivery> BeginDeliveries(TopicCursor cursor, ReadOnlySpan<TopicEntry> entries)
    {
        for (int i = 0; i < entries.Length; i++)
            _deliveries[i].Begin(cursor, entries[i]);
        return _deliveries.AsSpan(0, entries.Length);
    }

    /// <summary>
    /// The deliveries as one, if they are several small messages for the same subscribers: an outbox then has one entry
    /// for them all, and a write one segment. Large ones stay apart: there a copy costs more than it saves.
    /// </summary>
    internal Delivery? JoinDeliveries(ReadOnlySpan<Delivery> deliveries)
    {
        int bytes = 0;
        foreach (Delivery delivery in deliveries)
        {
            bytes += delivery.PayloadBytes;
            if (delivery.Except != deliveries[0].Except)
                return null;
        }
        if (deliveries.Length < 2 || bytes > Delivery.LongestJoined)
            return null;
        _joined.BeginBatch(_deliveries, deliveries.Length);
        return _joined;
    }

    internal void AttachMatching(TopicCursor cursor) =>
        _matcher.Match(cursor.Topic.Name, cursor, static (c, slot) => c.Attach(slot.Group));

    /// <summary>
    /// Links topics whose first token has not run yet: what was published before a subscribe is in its snapshot.
    /// </summary>
    private void AttachNew()
    {
        for (int count = Hub.TopicCount; _topicsSeen < count; _topicsSeen++)
            Hub.TopicAt(_topicsSeen).FindCursor(this)?.EnsureAttached();
    }

    private void AttachExisting(int known, FilterGroup group)
    {
        for (int id = 0; id < known; id++)
        {
            Topic topic = Hub.TopicAt(id);
            if (group.Filter.Matches(topic.Name))
                AttachExisting(topic, group);
        }
    }

    private void AttachExisting(Topic? topic, FilterGroup group)
    {
        if (topic is null)
            return;
        TopicCursor? cursor = topic.FindCursor(this);
        if (cursor is null)
        {
            cursor = new TopicCursor(topic, this, null);
            topic.AddCursor(cursor, fromStart: false);
        }
        cursor.Attach(group);
    }

    /// <summary>A group in the trie, which holds structs.</summary>
    private readonly record struct GroupSlot(FilterGroup Group);
}
