namespace Longwire;

// What the connection is subscribed to. These members are called on its loop, or posted there.
public abstract partial class Connection
{
    private Subscription? _subscriptions;
    private ushort _subscriptionCount;
    private ushort _snapshots; // subscriptions whose snapshot is not complete

    /// <summary>
    /// Subscribes to a filter: the retained messages of all its topics, an end mark if the endpoint has one, and then
    /// each message as it is published, with nothing missing, doubled or out of order between.
    /// </summary>
    /// <remarks>
    /// Off the loop the answer is <see cref="SubscribeResult.Subscribed"/> when the request was passed on; a message
    /// that two filters of one connection match is delivered for each.
    /// </remarks>
    public SubscribeResult Subscribe(TopicFilter filter)
    {
        ArgumentNullException.ThrowIfNull(filter);
        if (_state >= ConnectionState.Closing)
            return SubscribeResult.Closed;
        if (OnLoop)
            return SubscribeHere(filter);
        _host.Post(() => SubscribeHere(filter));
        return SubscribeResult.Subscribed;
    }

    /// <summary>
    /// Ends a subscription; what is queued already still arrives. Nothing happens when there is none.
    /// </summary>
    public void Unsubscribe(TopicFilter filter)
    {
        ArgumentNullException.ThrowIfNull(filter);
        if (OnLoop)
            UnsubscribeHere(filter);
        else
            _host.Post(() => UnsubscribeHere(filter));
    }

    /// <summary>
    /// Joins a group: from now on the connection gets what <see cref="TcpServer.SendToGroup"/> sends to it. A group is
    /// the topic <c>$group/NAME</c>, which no wildcard matches, and counts as a subscription.
    /// </summary>
    /// <exception cref="ArgumentException">The name is no topic name (<see cref="TopicName.Check"/>).</exception>
    public SubscribeResult Join(string group) => Subscribe(TopicFilter.Parse(Groups.TopicOf(group)));

    /// <summary>Leaves a group; nothing happens when the connection is not in it.</summary>
    /// <exception cref="ArgumentException">The name is no topic name (<see cref="TopicName.Check"/>).</exception>
    public void Leave(string group) => Unsubscribe(TopicFilter.Parse(Groups.TopicOf(group)));

    /// <summary>Publishes to a topic for all its subscribers but this connection.</summary>
    public PublishResult PublishToOthers(Topic topic, ReadOnlySpan<byte> payload)
    {
        ArgumentNullException.ThrowIfNull(topic);
        return topic.Publish(payload, Id);
    }

    private SubscribeResult SubscribeHere(TopicFilter filter)
    {
        if (_state >= ConnectionState.Closing)
            return SubscribeResult.Closed;
        for (Subscription? own = _subscriptions; own is not null; own = own.NextOfSubscriber)
        {
            if (own.Filter.Equals(filter))
                return SubscribeResult.AlreadySubscribed;
        }
        if (_subscriptionCount >= _endpoint.Options.MaxSubscriptions)
            return SubscribeResult.TooMany;
        Subscription subscription = _host.Hub.Subscribe(this, filter);
        subscription.NextOfSubscriber = _subscriptions;
        _subscriptions = subscription;
        _subscriptionCount++;
        _snapshots++;
        _host.MarkDirty(this); // the snapshot is sent as the outbox has room
        return SubscribeResult.Subscribed;
    }

    private void UnsubscribeHere(TopicFilter filter)
    {
        Subscription? previous = null;
        for (Subscription? own = _subscriptions; own is not null; previous = own, own = own.NextOfSubscriber)
        {
            if (!own.Filter.Equals(filter))
                continue;
            if (previous is null)
                _subscriptions = own.NextOfSubscriber;
            else
                previous.NextOfSubscriber = own.NextOfSubscriber;
            Forget(own);
            return;
        }
    }

    private void UnsubscribeAll()
    {
        while (_subscriptions is { } own)
        {
            _subscriptions = own.NextOfSubscriber;
            Forget(own);
        }
    }

    private void Forget(Subscription subscription)
    {
        if (!subscription.IsLive)
            _snapshots--;
        _subscriptionCount--;
        _host.Hub.Unsubscribe(subscription);
    }

    private void AdvanceSnapshot()
    {
        Subscription? pending = _subscriptions;
        while (pending is not null && pending.IsLive)
            pending = pending.NextOfSubscriber;
        if (pending is not null && !_host.Hub.AdvanceSnapshot(pending))
            _snapshots--;
    }
}
