namespace Longwire.HubTests;

/// <summary>Snapshots, live delivery, and what comes and goes between them.</summary>
public sealed class SubscriptionTests
{
    [Fact]
    public void A_subscriber_gets_the_snapshot_the_mark_and_then_what_is_published()
    {
        using var bench = new HubBench();
        bench.Publish("a", "old");
        bench.Publish("a", "a1");
        bench.Publish("b", "b1");
        RecordingSubscriber subscriber = bench.NewSubscriber();
        bench.SubscribeLive(subscriber, "#");
        bench.Publish("a", "a2");
        bench.Publish("c", "c1");
        bench.Settle();
        Assert.Equal(
            [
                new Entry(Told.Message, "a", 2, "a1"), new Entry(Told.Message, "b", 1, "b1"),
                new Entry(Told.End, "", 0, ""),
                new Entry(Told.Message, "a", 3, "a2"), new Entry(Told.Message, "c", 1, "c1"),
            ],
            subscriber.Entries);
    }

    [Fact]
    public void A_topic_that_the_snapshot_has_not_reached_is_not_delivered_live()
    {
        using var bench = new HubBench();
        bench.Publish("a", "a1");
        bench.Publish("b", "b1");
        RecordingSubscriber subscriber = bench.NewSubscriber();
        Subscription subscription = bench.Subscribe(subscriber, "#");
        Assert.True(bench.Loops[0].AdvanceSnapshot(subscription));
        bench.Publish("a", "a2");
        bench.Publish("b", "b2");
        bench.Publish("b", "b3");
        bench.Settle();
        Assert.Equal(["a1", "a2"], subscriber.Texts);
        bench.Complete(subscription);
        Assert.Equal(["a1", "a2", "b3"], subscriber.Texts);
        Assert.Equal(1, subscriber.Ends);
    }

    [Fact]
    public void Existing_subscribers_are_brought_to_the_head_before_a_new_one_gets_it()
    {
        using var bench = new HubBench();
        RecordingSubscriber first = bench.NewSubscriber(1);
        bench.SubscribeLive(first, "t");
        bench.Publish("t", "1");
        bench.Publish("t", "2");
        RecordingSubscriber second = bench.NewSubscriber(2);
        bench.SubscribeLive(second, "t");
        Assert.Equal(["1", "2"], first.Texts);
        Assert.Equal(["2"], second.Texts);
        bench.Settle();
        Assert.Equal(["1", "2"], first.Texts);
        Assert.Equal(["2"], second.Texts);
    }

    [Fact]
    public void A_topic_without_retention_is_live_from_the_subscribe_on()
    {
        using var bench = new HubBench(options: TopicTests.WithTopic(
            new TopicOptions { Retention = Retention.None }, "event/#"));
        bench.Publish("state", "s1");
        bench.Publish("event/1", "before");
        RecordingSubscriber exact = bench.NewSubscriber(1);
        RecordingSubscriber wild = bench.NewSubscriber(2);
        Subscription one = bench.Subscribe(exact, "event/1");
        Subscription two = bench.Subscribe(wild, "#");
        bench.Publish("event/1", "after");
        bench.Publish("state", "s2");
        bench.Settle();
        // Nothing of it is in a snapshot, so waiting for one would lose it.
        Assert.Equal(["after"], exact.Texts);
        Assert.Equal(["after"], wild.Texts);
        bench.Complete(one);
        bench.Complete(two);
        Assert.Equal(["after"], exact.Texts);
        Assert.Equal(["after", "s2"], wild.Texts);
    }

    [Fact]
    public void An_unsubscribe_leaves_a_new_topic_to_the_filters_that_remain()
    {
        using var bench = new HubBench();
        RecordingSubscriber all = bench.NewSubscriber(1);
        bench.SubscribeLive(all, "#");
        Assert.True(bench.Hub.TryGetTopic("new", out _, out _)); // its cursor is made, its first token not yet
        Subscription exact = bench.SubscribeLive(bench.NewSubscriber(2), "new");
        bench.Unsubscribe(exact);
        bench.Publish("new", "1");
        bench.Settle();
        Assert.Equal(["1"], all.Texts);
    }

    [Fact]
    public void The_excluded_subscriber_gets_nothing_but_may_read_the_retained_message()
    {
        using var bench = new HubBench();
        RecordingSubscriber sender = bench.NewSubscriber(7);
        RecordingSubscriber other = bench.NewSubscriber(8);
        bench.SubscribeLive(sender, "t");
        bench.SubscribeLive(other, "t");
        bench.Publish("t", "mine", except: 7);
        bench.Settle();
        Assert.Empty(sender.Texts);
        Assert.Equal(["mine"], other.Texts);
        bench.SubscribeLive(sender, "+");
        Assert.Equal(["mine"], sender.Texts);
    }

    [Fact]
    public void Two_filters_of_one_subscriber_deliver_twice()
    {
        using var bench = new HubBench();
        RecordingSubscriber subscriber = bench.NewSubscriber();
        bench.SubscribeLive(subscriber, "a/+");
        Subscription second = bench.SubscribeLive(subscriber, "a/b");
        bench.Publish("a/b", "1");
        bench.Settle();
        Assert.Equal(["1", "1"], subscriber.Texts);
        bench.Unsubscribe(second);
        bench.Publish("a/b", "2");
        bench.Settle();
        Assert.Equal(["1", "1", "2"], subscriber.Texts);
    }

    [Fact]
    public void Counts_outlive_the_loops_interest()
    {
        using var bench = new HubBench(options: TopicTests.WithTopic(new TopicOptions { WindowEntries = 2 }));
        Subscription subscription = bench.SubscribeLive(bench.NewSubscriber(), "t");
        for (int i = 0; i < 5; i++)
            bench.Publish("t", "x");
        bench.Settle();
        Topic topic = bench.Hub.FindTopic("t")!;
        TopicCursor cursor = topic.FindCursor(bench.Loops[0])!;
        Assert.Equal(3, topic.Deliveries.Overrun);
        bench.Unsubscribe(subscription);
        Assert.Null(topic.FindCursor(bench.Loops[0]));
        cursor.Count(queued: 1);
        cursor.Count(conflated: 2);
        cursor.Count(dropped: 3);
        cursor.Count(disconnected: 4); // a connection that ends gives up its subscriptions before its outbox
        Assert.Equal(new DeliveryCounts(1, 2, 3, 4, 3), topic.Deliveries);
    }

    [Fact]
    public void A_snapshot_of_20000_topics_is_complete_while_the_values_change()
    {
        const int Topics = 20_000;
        using var bench = new HubBench(loops: 2);
        for (int i = 0; i < Topics; i++)
            bench.Publish($"t/{i}", "0");
        RecordingSubscriber subscriber = bench.NewSubscriber();
        Subscription subscription = bench.Subscribe(subscriber, "t/+");
        var random = new Random(5);
        int published = 0;
        while (!subscription.IsLive)
        {
            for (int i = 0; i < 100; i++)
                bench.Loops[0].AdvanceSnapshot(subscription);
            for (int i = 0; i < 20; i++)
                bench.Publish($"t/{random.Next(Topics)}", $"{++published}");
            bench.Inboxes[0].Step();
        }
        bench.Settle();
        Assert.Equal(1, subscriber.Ends);
        var seen = new Dictionary<string, long>();
        int snapshot = subscriber.Entries.FindIndex(static entry => entry.What == Told.End);
        Assert.Equal(Topics, subscriber.Entries.Take(snapshot).Select(static entry => entry.Topic).Distinct().Count());
        foreach (Entry entry in subscriber.Entries.Where(static entry => entry.What == Told.Message))
        {
            if (seen.TryGetValue(entry.Topic, out long last))
                Assert.Equal(last + 1, entry.Sequence); // from the snapshot's value on without gap or repetition
            seen[entry.Topic] = entry.Sequence;
        }
        Assert.All(seen, pair => Assert.Equal(bench.Hub.FindTopic(pair.Key)!.Sequence, pair.Value));
    }
}
