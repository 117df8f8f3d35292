namespace Longwire;

/// <summary>One subscriber's interest in one filter.</summary>
/// <remarks>Owner: its <see cref="FilterGroup"/>. Concurrency: its loop. Bound: counted per connection by the
/// server.</remarks>
internal class Subscription
{
    /// <summary>The snapshot position of a subscription whose snapshot is complete.</summary>
    internal const int Live = int.MaxValue;

    internal readonly ISubscriber Subscriber;
    internal readonly FilterGroup Group;
    internal Subscription? NextOfSubscriber;
    internal int IndexInGroup;

    /// <summary>
    /// Topics of the group from this index on were not sent yet and are not delivered live, unless nothing of them is
    /// sent in a snapshot.
    /// </summary>
    internal int SnapshotIndex;

    internal Subscription(ISubscriber subscriber, FilterGroup group)
    {
        Subscriber = subscriber;
        Group = group;
    }

    internal TopicFilter Filter => Group.Filter;

    internal bool IsLive => SnapshotIndex == Live;

    /// <summary>The last message that the subscriber had of a topic that its snapshot has not reached.</summary>
    internal virtual bool TryGetPosition(Topic topic, out long sequence)
    {
        sequence = 0;
        return false;
    }

    /// <summary>
    /// True when the group's topic at <paramref name="index"/> is still to be sent with the snapshot, and so is not
    /// delivered live.
    /// </summary>
    internal bool Awaits(TopicCursor cursor, int index) =>
        SnapshotIndex <= index && (cursor.Retains || TryGetPosition(cursor.Topic, out _));
}

/// <summary>One loop's subscriptions to one filter, and the topics that match it, in the order of their ids.</summary>
/// <remarks>Owner: a <see cref="HubLoop"/>. Concurrency: its loop; <see cref="Count"/> is read by publishers.</remarks>
internal sealed class FilterGroup(TopicFilter filter, int loop)
{
    internal readonly TopicFilter Filter = filter;
    internal readonly int Loop = loop;
    internal readonly List<TopicCursor> Matched = [];
    internal Subscription[] Subscriptions = new Subscription[1];
    private int _count;

    internal int Count => Volatile.Read(ref _count);

    internal void Add(Subscription subscription)
    {
        if (_count == Subscriptions.Length)
            Array.Resize(ref Subscriptions, _count * 2);
        subscription.IndexInGroup = _count;
        Subscriptions[_count] = subscription;
        Volatile.Write(ref _count, _count + 1);
    }

    internal void Remove(Subscription subscription)
    {
        int last = _count - 1;
        Subscription moved = Subscriptions[last];
        Subscriptions[subscription.IndexInGroup] = moved;
        moved.IndexInGroup = subscription.IndexInGroup;
        Subscriptions[last] = null!;
        Volatile.Write(ref _count, last);
    }
}
