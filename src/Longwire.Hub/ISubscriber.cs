namespace Longwire;

/// <summary>Where deliveries go: a connection, on its loop.</summary>
/// <remarks>No call may subscribe or unsubscribe anybody: the fan-out walks the lists that would change.</remarks>
internal interface ISubscriber
{
    /// <summary>Identifies the subscriber for publishes that exclude their sender.</summary>
    long SubscriberId { get; }

    /// <summary>One message of a topic.</summary>
    void Deliver(Subscription subscription, Delivery delivery);

    /// <summary>
    /// One message of a topic that a resumed subscription missed; false when there is no room for it now: it is then
    /// offered again.
    /// </summary>
    bool TryDeliver(Subscription subscription, Delivery delivery);

    /// <summary>
    /// The loop missed <paramref name="count"/> messages of the topic; the subscriber missed them, too.
    /// </summary>
    void DeliverGap(Subscription subscription, TopicCursor cursor, long count);

    /// <summary>The snapshot of the subscription is complete.</summary>
    void DeliverSnapshotEnd(Subscription subscription);
}
