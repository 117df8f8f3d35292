using Longwire.Primitives;

namespace Longwire;

/// <summary>
/// One loop's place in one topic, and the token by which publishers tell the loop that there is more.
/// </summary>
/// <remarks>
/// Owner: the topic's list of cursors, while the loop has subscribers. Concurrency: <see cref="Post"/> and <see
/// cref="Subscribers"/> from any thread; <see cref="Position"/> under the topic's lock; the rest on the loop. Bound:
/// the loop's inbox holds it at most once.
/// </remarks>
internal sealed class TopicCursor : LoopWork
{
    /// <summary>Messages fanned out before the loop does something else.</summary>
    internal const int BatchEntries = LocalFrame.MostJoined;

    // How far ahead of the subscriber that is served the next ones are fetched, and how much of each: a subscriber is a
    // connection, of which a delivery touches nearly all.
    private const int FetchSubscriptions = 8;
    private const int FetchSubscribers = 4;
    internal const int SubscriptionBytes = 48;
    internal const int SubscriberBytes = 280;

    internal readonly Topic Topic;
    internal readonly HubLoop Loop;
    internal long Position;
    private long _queued;
    private long _conflated;
    private long _droppedMessages;
    private long _disconnected;
    private long _overrun;
    private FilterGroup[]? _expected; // of a new topic, until the loop has linked them: a publisher counts by them
    private Link[] _links = [];
    private bool _attached;
    private bool _dropped;

    internal TopicCursor(Topic topic, HubLoop loop, FilterGroup[]? expected)
    {
        Topic = topic;
        Loop = loop;
        _expected = expected;
    }

    /// <summary>True when the topic's last message is a new subscriber's snapshot.</summary>
    internal bool Retains => Topic.Options.Retention == Retention.RetainLast;

    internal DeliveryCounts Counts => new(
        Volatile.Read(ref _queued), Volatile.Read(ref _conflated), Volatile.Read(ref _droppedMessages),
        Volatile.Read(ref _disconnected), Volatile.Read(ref _overrun));

    /// <summary>Subscriptions on this loop at this moment; a publisher's view.</summary>
    internal int Subscribers
    {
        get
        {
            int sum = 0;
            if (Volatile.Read(ref _expected) is { } expected)
            {
                foreach (FilterGroup group in expected)
                    sum += group.Count;
                return sum;
            }
            foreach (Link link in Volatile.Read(ref _links))
                sum += link.Group.Count;
            return sum;
        }
    }

    internal bool HasLinks => _links.Length > 0;

    internal void Post() => Loop.Inbox.Post(this);

    /// <summary>Counts what became of deliveries, also of those that outlive the loop's interest.</summary>
    internal void Count(long queued = 0, long conflated = 0, long dropped = 0, long disconnected = 0)
    {
        if (_dropped)
        {
            Topic.AddRetired(new DeliveryCounts(queued, conflated, dropped, disconnected, 0));
            return;
        }
        Volatile.Write(ref _queued, _queued + queued);
        Volatile.Write(ref _conflated, _conflated + conflated);
        Volatile.Write(ref _droppedMessages, _droppedMessages + dropped);
        Volatile.Write(ref _disconnected, _disconnected + disconnected);
    }

    internal void Attach(FilterGroup group)
    {
        foreach (Link link in _links)
        {
            if (link.Group == group)
                return;
        }
        group.Matched.Add(this);
        Volatile.Write(ref _links, [.. _links, new Link(group, group.Matched.Count - 1)]);
    }

    internal void Detach(FilterGroup group) =>
        Volatile.Write(ref _links, Array.FindAll(_links, link => link.Group != group));

    /// <summary>The token's run: one batch; what is left comes with a further token.</summary>
    protected internal override void Run()
    {
        EnsureAttached();
        if (_links.Length == 0)
        {
            Drop();
            return;
        }
        if (!FanOutBatch())
            Post();
    }

    /// <summary>
    /// Brings this loop's existing subscribers to the head and reads the retained message there, both at one moment:
    /// what a new subscriber gets is exactly what the others have. The caller releases the message.
    /// </summary>
    internal bool CatchUp(out TopicEntry retained)
    {
        EnsureAttached();
        bool found;
        do
        {
            while (!FanOutBatch())
            {
            }
        }
        while (!Topic.TryReadHead(this, out found, out retained)); // a publisher was faster: once more
        return found;
    }

    /// <summary>Fans out up to a message; what is published meanwhile is left to the token.</summary>
    internal void FanOutTo(long sequence)
    {
        EnsureAttached();
        while (Position < sequence && !FanOutBatch())
        {
        }
    }

    /// <summary>Nobody on this loop wants the topic any more.</summary>
    internal void Drop()
    {
        if (_dropped)
            return;
        _dropped = true;
        Topic.RemoveCursor(this);
    }

    /// <summary>
    /// A new topic's cursor was made by the publisher: link it to this loop's filters before its first message.
    /// </summary>
    internal void EnsureAttached()
    {
        if (_attached)
            return;
        _attached = true;
        Loop.AttachMatching(this);
        Volatile.Write(ref _expected, null);
    }

    private bool FanOutBatch()
    {
        TopicEntry[] batch = Loop.Batch;
        int count = Topic.Pull(this, batch, out long missed, out bool atHead);
        Link[] links = _links;
        if (missed > 0)
        {
            Volatile.Write(ref _overrun, _overrun + missed);
            foreach (Link link in links)
                TellGap(link, missed);
        }
        if (count == 0)
            return atHead;
        ReadOnlySpan<Delivery> deliveries = Loop.BeginDeliveries(this, batch.AsSpan(0, count));
        Delivery? joined = Loop.JoinDeliveries(deliveries);
        try
        {
            foreach (Link link in links)
            {
                bool together = joined is not null && link.Group.Count > 1;
                FanOut(link, together ? new ReadOnlySpan<Delivery>(in joined!) : deliveries);
            }
        }
        finally
        {
            joined?.End();
            foreach (Delivery delivery in deliveries)
                delivery.End();
            Array.Clear(batch, 0, count);
        }
        return atHead;
    }

    /// <summary>
    /// Subscriber by subscriber, so that each one's messages are queued while its state is in the cache.
    /// </summary>
    private void FanOut(Link link, ReadOnlySpan<Delivery> deliveries)
    {
        FilterGroup group = link.Group;
        Subscription[] subscriptions = group.Subscriptions;
        for (int i = group.Count - 1; i >= 0; i--)
        {
            if (i >= FetchSubscriptions)
            {
                Prefetch.Object(subscriptions[i - FetchSubscriptions], SubscriptionBytes);
                Prefetch.Object(subscriptions[i - FetchSubscribers].Subscriber, SubscriberBytes);
            }
            Subscription subscription = subscriptions[i];
            if (subscription.Awaits(this, link.Index))
                continue; // its snapshot comes to this topic later, and with this message or a newer one
            foreach (Delivery delivery in deliveries)
            {
                if (delivery.Except != subscription.Subscriber.SubscriberId || delivery.Except == 0)
                    subscription.Subscriber.Deliver(subscription, delivery);
            }
        }
    }

    private void TellGap(Link link, long missed)
    {
        FilterGroup group = link.Group;
        for (int i = group.Count - 1; i >= 0; i--)
        {
            Subscription subscription = group.Subscriptions[i];
            if (!subscription.Awaits(this, link.Index))
                subscription.Subscriber.DeliverGap(subscription, this, missed);
        }
    }

    /// <summary>A filter group that this topic matches, and the topic's place in that group's list.</summary>
    private readonly record struct Link(FilterGroup Group, int Index);
}
