using System.Text;
using Longwire.Protocols.Feed;

namespace Longwire;

// Which filters the server knows, which are on their way, and whom a topic's messages are for.
public sealed partial class FeedClient
{
    private const int MaxPositionBytes = 512 << 10; // of one SUBSCRIBE; the servers' default limit is twice that
    private const int SubscribeBytes = 1024; // of one without positions

    private void Add(FeedSubscription subscription)
    {
        string filter = subscription.Name;
        if (_isClosed)
        {
            subscription.Queue.End(Disposed());
        }
        else if (!_subscriptions.TryAdd(filter, subscription))
        {
            subscription.Queue.End(new InvalidOperationException(
                $"This client is subscribed to {filter} already; enumerate it once, or use another client."));
        }
        else
        {
            _routes.Clear();
            if (_session is { IsReady: true } session)
                SendSubscribe(session, subscription);
        }
    }

    private void Remove(FeedSubscription subscription)
    {
        string filter = subscription.Name;
        if (_subscriptions.GetValueOrDefault(filter) != subscription)
            return;
        _subscriptions.Remove(filter);
        _routes.Clear();
        // One that waits for the end of the one before it was never sent.
        if (_session is not { IsReady: true } session || !_leaving.Add(filter))
            return;
        uint id = session.Sent.NextId();
        session.Leaving.Add(id, filter);
        SendResult sent = Send(session, output => FeedUnsubscribe.Write(output, id, filter));
        if (sent is not (SendResult.Queued or SendResult.Closed))
            _connection.Disconnect($"the end of the subscription to {filter} could not be sent: {sent}");
    }

    /// <summary>The server has forgotten a filter; somebody may have subscribed to it again meanwhile.</summary>
    private void Left(string filter)
    {
        _leaving.Remove(filter);
        _routes.Clear();
        if (_session is { } session && _subscriptions.TryGetValue(filter, out FeedSubscription? again))
            SendSubscribe(session, again);
    }

    /// <summary>The server, or the policy, has ended a subscription.</summary>
    private void Drop(FeedSubscription subscription, Exception why)
    {
        subscription.Queue.End(why);
        if (why is FeedException)
        {
            _subscriptions.Remove(subscription.Name);
            _routes.Clear();
        }
        else
        {
            Remove(subscription);
        }
    }

    private void Keep(FeedSubscription subscription, bool goesOn)
    {
        if (goesOn)
            return;
        // Not here: the routes are being walked.
        _connection.Post(() => Drop(subscription, new InvalidOperationException(
            $"The reader of {subscription.Name} is slower than its updates come, and its policy is Disconnect.")));
    }

    private void SendSubscribe(FeedClientSession session, FeedSubscription subscription)
    {
        string filter = subscription.Name;
        if (_leaving.Contains(filter))
            return; // when UNSUBSCRIBE is answered
        var positions = new List<FeedPosition>();
        int bytes = 0;
        int most = Math.Min(MaxPositionBytes, session.MaxMessageBytes - SubscribeBytes);
        foreach (TopicPlace place in subscription.Places)
        {
            if (place.Sequence == 0)
                continue;
            bytes += (3 * place.Topic.Length) + 10;
            if (positions.Count == FeedProtocol.MaxPositions || bytes > most)
                break; // of the others the snapshot tells what they hold, and the numbers what is missing
            positions.Add(new FeedPosition(place.Topic, place.Sequence));
        }
        subscription.IsResuming = subscription.Places.Count > 0;
        foreach (TopicPlace place in subscription.Places)
            place.Told = 0;
        uint id = session.Sent.NextId();
        subscription.Pending = id;
        SendResult sent = Send(session, output => FeedSubscribe.Write(
            output, id, subscription.Interval, filter, positions.ToArray()));
        if (sent is not (SendResult.Queued or SendResult.Closed))
            _connection.Disconnect($"the subscription to {filter} could not be sent: {sent}");
    }

    /// <summary>Whom a topic's messages are for; found once per topic, while the subscriptions stay.</summary>
    private Route RouteOf(ReadOnlySpan<byte> utf8)
    {
        Span<char> text = stackalloc char[FeedProtocol.MaxTopicBytes];
        ReadOnlySpan<char> topic = text[..Encoding.UTF8.GetChars(utf8, text)];
        var lookup = _routes.GetAlternateLookup<ReadOnlySpan<char>>();
        if (lookup.TryGetValue(topic, out Route? route))
            return route;
        string name = topic.ToString();
        route = new Route(
        [
            .. _subscriptions.Values
                .Where(one => one.Filter.Matches(name) && !_leaving.Contains(one.Name))
                .Select(one => (one, one.PlaceIn(name))),
        ]);
        if (_routes.Count < _options.MaxTopics)
            _routes.Add(name, route);
        return route;
    }

    private sealed record Route((FeedSubscription Subscription, TopicPlace Place)[] Targets);
}
