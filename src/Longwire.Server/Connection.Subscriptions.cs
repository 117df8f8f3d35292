using Longwire.Primitives;

namespace Longwire;

// What the connection is subscribed to: its loop's business, but for the places, which any thread may take.
public abstract partial class Connection
{
    private Subscription? _subscriptions;
    private int _subscriptionCount; // places taken, those of requests on their way included; changed by any thread
    private int _snapshots; // subscriptions whose snapshot is not complete

    /// <summary>
    /// Subscribes to a filter: the retained messages of all its topics, an end mark if the endpoint has one, and then
    /// each message as it is published, with nothing missing, doubled or out of order between.
    /// </summary>
    /// <remarks>
    /// Off the loop the answer is as true: the place is taken at once, and the snapshot begins a moment later. A
    /// message that two filters of one connection match is delivered for each.
    /// </remarks>
    public SubscribeResult Subscribe(TopicFilter filter) => SubscribeWith(filter, null);

    /// <summary>
    /// Subscribes to a filter for a client that was away: of the topics whose position it knows it gets what it missed,
    /// each message once and in order, as far as the topic still has it (<see cref="TopicOptions.HistoryEntries"/>);
    /// the rest is a gap, told and counted as the slow-consumer policy says, and what follows is the oldest that is
    /// there. All other topics begin with their retained message. An end mark follows if the endpoint has one, and then
    /// each message as it is published.
    /// </summary>
    /// <remarks>
    /// What was missed waits for room in the outbox instead of being dropped or conflated there. A message that the
    /// client itself excluded itself from (<see cref="PublishToOthers"/>) on an earlier connection is delivered.
    /// </remarks>
    public SubscribeResult Subscribe(TopicFilter filter, SubscribeOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return SubscribeWith(filter, options);
    }

    private SubscribeResult SubscribeWith(TopicFilter filter, SubscribeOptions? options)
    {
        ArgumentNullException.ThrowIfNull(filter);
        if (_state >= ConnectionState.Closing)
            return SubscribeResult.Closed;
        if (!OnLoop)
            return Extras.RequestSubscribe(this, filter, options);
        if (FindSubscription(filter) is not null)
            return SubscribeResult.AlreadySubscribed;
        if (!TryTakePlace())
            return SubscribeResult.TooMany;
        SubscribeHere(filter, options);
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
            Extras.RequestUnsubscribe(this, filter);
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

    /// <summary>
    /// The subscription to a filter; off the loop as of this moment, which a list that grows at its head allows.
    /// </summary>
    internal Subscription? FindSubscription(TopicFilter filter)
    {
        Subscription? own = Volatile.Read(ref _subscriptions);
        while (own is not null && !own.Filter.Equals(filter))
            own = own.NextOfSubscriber;
        return own;
    }

    /// <summary>Takes one of the places that the endpoint allows, so that "subscribed" is kept.</summary>
    internal bool TryTakePlace()
    {
        if (Interlocked.Increment(ref _subscriptionCount) <= _endpoint.Options.MaxSubscriptions)
            return true;
        GiveUpPlace();
        return false;
    }

    internal void GiveUpPlace() => Interlocked.Decrement(ref _subscriptionCount);

    /// <summary>Carries out what other threads asked for, in their order.</summary>
    private void Apply(IReadOnlyList<SubscriptionRequest> requests)
    {
        Interleaving.Point();
        foreach ((TopicFilter filter, bool wanted, SubscribeOptions? options) in requests)
        {
            if (!wanted)
                UnsubscribeHere(filter);
            else if (_state < ConnectionState.Closing && FindSubscription(filter) is null)
                SubscribeHere(filter, options);
            else
                GiveUpPlace();
        }
        _extras!.EndApplying();
    }

    /// <summary>Subscribes in a place that was taken.</summary>
    private void SubscribeHere(TopicFilter filter, SubscribeOptions? options)
    {
        Subscription subscription = _host.Hub.Subscribe(this, filter, options);
        subscription.NextOfSubscriber = _subscriptions;
        Volatile.Write(ref _subscriptions, subscription); // complete before others see it (partner: FindSubscription)
        _snapshots++;
        _host.MarkDirty(this); // the snapshot is sent as the outbox has room
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
        GiveUpPlace();
        _host.Hub.Unsubscribe(subscription);
    }

    /// <summary>A step of one snapshot; false when there is no room for more.</summary>
    private bool AdvanceSnapshot()
    {
        Subscription? pending = _subscriptions;
        while (pending is not null && pending.IsLive)
            pending = pending.NextOfSubscriber;
        if (pending is null)
            return false;
        bool hasRoom = _host.Hub.AdvanceSnapshot(pending);
        if (!pending.IsLive)
            return hasRoom;
        _snapshots--;
        return true;
    }
}
