namespace Longwire;

// Subscribers that were away: docs/decisions/0016-resume-joins-the-loop.md.
internal sealed partial class HubLoop
{
    /// <summary>The positions that mean something here; null when there are none.</summary>
    private Dictionary<Topic, long>? PositionsOf(SubscribeOptions options, TopicFilter filter)
    {
        if (options.Epoch != Hub.Epoch)
            return null;
        Dictionary<Topic, long>? positions = null;
        foreach ((string name, long sequence) in options.Positions)
        {
            if (filter.Matches(name) && Hub.FindTopic(name) is { } topic && sequence >= 0 && sequence <= topic.Sequence)
                (positions ??= [])[topic] = sequence;
        }
        return positions;
    }

    /// <summary>
    /// Sends what a subscription missed of a topic, as much as there is room for. When it has come to where this loop
    /// is, it goes on with the others: the loop moves its cursor nowhere else, so nothing can be between.
    /// </summary>
    private bool Resume(ResumingSubscription subscription, TopicCursor cursor, long position)
    {
        cursor.FanOutTo(position); // it may have been on a loop that was ahead of this one
        int count = cursor.Topic.ReadBehind(cursor, position, Batch, out long missed);
        if (missed > 0)
            subscription.Subscriber.DeliverGap(subscription, cursor, missed);
        position += missed;
        bool hasRoom = true;
        ReadOnlySpan<Delivery> deliveries = BeginDeliveries(cursor, Batch.AsSpan(0, count));
        try
        {
            for (int i = 0; i < count && hasRoom; i++)
            {
                Delivery delivery = deliveries[i];
                bool isOwn = delivery.Except != 0 && delivery.Except == subscription.Subscriber.SubscriberId;
                hasRoom = isOwn || subscription.Subscriber.TryDeliver(subscription, delivery);
                if (hasRoom)
                    position = delivery.Sequence;
            }
        }
        finally
        {
            foreach (Delivery delivery in deliveries)
                delivery.End();
            Array.Clear(Batch, 0, count);
        }
        if (position == cursor.Position)
            subscription.Reach(cursor.Topic);
        else
            subscription.MoveTo(cursor.Topic, position);
        return hasRoom;
    }
}
