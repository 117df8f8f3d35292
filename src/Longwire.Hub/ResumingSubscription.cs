namespace Longwire;

/// <summary>A subscription that goes on where the subscriber was in the topics that it knows.</summary>
/// <remarks>
/// Owner: its <see cref="FilterGroup"/>. Concurrency: its loop. Bound: <see cref="SubscribeOptions.MaxPositions"/>,
/// until the snapshot is complete.
/// </remarks>
internal sealed class ResumingSubscription(ISubscriber subscriber, FilterGroup group, Dictionary<Topic, long> positions)
    : Subscription(subscriber, group)
{
    internal override bool TryGetPosition(Topic topic, out long sequence) =>
        positions.TryGetValue(topic, out sequence);

    /// <summary>Messages up to here are delivered; those that follow wait for room.</summary>
    internal void MoveTo(Topic topic, long sequence) => positions[topic] = sequence;

    /// <summary>The subscription has come to where its loop is, and goes on with it.</summary>
    internal void Reach(Topic topic)
    {
        positions.Remove(topic);
        SnapshotIndex++;
    }
}
