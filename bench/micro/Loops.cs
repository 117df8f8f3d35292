using Longwire.Primitives;

namespace Longwire.Micro;

/// <summary>A loop without a thread: the benchmark runs what was posted.</summary>
internal sealed class SteppedInbox : Inbox
{
    internal void RunAll()
    {
        while (!IsEmpty)
            RunPosted();
    }

    protected override void OnPostedWhileParked() => throw new InvalidOperationException("It never parks.");
}

/// <summary>Frames that are the message as it is.</summary>
internal sealed class PlainEncoder(Hub hub, SlabPool pool) : MessageEncoder(hub)
{
    internal override Frame? EncodeGap(Topic topic, long count) => null;

    internal override Frame? EncodeSnapshotEnd(TopicFilter filter) => null;

    protected override Frame? Encode(Topic topic, long sequence, Frame payload)
    {
        if (!pool.TryRentFrame(payload.Length, out Frame? frame))
            return null;
        payload.Span.CopyTo(frame.Span);
        return frame;
    }
}

/// <summary>Takes a message's shared frame and lets it go: what every subscriber does, without its outbox.</summary>
internal sealed class CountingSubscriber(long id, MessageEncoder encoder) : ISubscriber
{
    public long SubscriberId => id;

    internal long Bytes { get; private set; }

    public void Deliver(Subscription subscription, Delivery delivery)
    {
        if (!delivery.Parts.IsEmpty)
        {
            foreach (Delivery part in delivery.Parts) // one by one, as to a connection that has no room for all
                Deliver(subscription, part);
            return;
        }
        LocalFrame frame = delivery.GetFrame(encoder)!;
        frame.Use();
        Bytes += frame.Length;
        frame.Done();
    }

    public bool TryDeliver(Subscription subscription, Delivery delivery)
    {
        Deliver(subscription, delivery);
        return true;
    }

    public void DeliverGap(Subscription subscription, TopicCursor cursor, long count) => Bytes += count;

    public void DeliverSnapshotEnd(Subscription subscription) => Bytes++;
}

/// <summary>A hub with one stepped loop.</summary>
internal sealed class SteppedHub
{
    private readonly SlabPool _pool = new();
    private readonly SteppedInbox _inbox = new();
    private readonly HubLoop _loop;
    private readonly PlainEncoder _encoder;
    private long _subscribers;

    internal SteppedHub(HubOptions options)
    {
        Hub = new Hub(_pool, options);
        _loop = Hub.AddLoop(0, _inbox);
        _encoder = new PlainEncoder(Hub, _pool);
    }

    internal Hub Hub { get; }

    internal Topic Topic(string name) => Hub.TryGetTopic(name, out Topic? topic, out PublishStatus refused)
        ? topic
        : throw new InvalidOperationException($"{name}: {refused}");

    /// <summary>Subscribes somebody new, and takes the snapshot.</summary>
    internal Subscription Subscribe(TopicFilter filter)
    {
        Subscription subscription = _loop.Subscribe(new CountingSubscriber(++_subscribers, _encoder), filter);
        while (_loop.AdvanceSnapshot(subscription))
            _inbox.RunAll();
        return subscription;
    }

    internal void Unsubscribe(Subscription subscription) => _loop.Unsubscribe(subscription);

    internal void RunAll() => _inbox.RunAll();
}
