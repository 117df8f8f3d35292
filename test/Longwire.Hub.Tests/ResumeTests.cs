namespace Longwire.HubTests;

/// <summary>Subscribers that were away and go on where they were.</summary>
public sealed class ResumeTests
{
    private static readonly HubOptions s_history = TopicTests.WithTopic(new TopicOptions { HistoryEntries = 3 });

    [Fact]
    public void What_was_missed_comes_once_and_then_what_is_published()
    {
        using var bench = new HubBench(options: s_history);
        for (int i = 1; i <= 4; i++)
            bench.Publish("t", $"{i}");
        RecordingSubscriber subscriber = bench.NewSubscriber();
        Resume(bench, subscriber, "t", ("t", 2));
        bench.Publish("t", "5");
        bench.Settle();
        Assert.Equal(
            [
                new Entry(Told.Message, "t", 3, "3"), new Entry(Told.Message, "t", 4, "4"),
                new Entry(Told.End, "", 0, ""), new Entry(Told.Message, "t", 5, "5"),
            ],
            subscriber.Entries);
    }

    [Fact]
    public void Who_missed_nothing_gets_nothing()
    {
        using var bench = new HubBench(options: s_history);
        bench.Publish("t", "1");
        RecordingSubscriber subscriber = bench.NewSubscriber();
        Resume(bench, subscriber, "t", ("t", 1));
        Assert.Equal([new Entry(Told.End, "", 0, "")], subscriber.Entries);
    }

    [Fact]
    public void What_is_there_no_more_is_a_gap_and_the_oldest_that_is_there_follows()
    {
        using var bench = new HubBench(options: s_history);
        for (int i = 1; i <= 9; i++)
            bench.Publish("t", $"{i}");
        RecordingSubscriber subscriber = bench.NewSubscriber();
        Resume(bench, subscriber, "t", ("t", 2));
        Assert.Equal(new Entry(Told.Gap, "t", 4, ""), subscriber.Entries[0]);
        Assert.Equal(["7", "8", "9"], subscriber.Texts);
    }

    [Fact]
    public void A_topic_without_retention_and_history_is_a_gap_and_then_live()
    {
        using var bench = new HubBench(options: TopicTests.WithTopic(
            new TopicOptions { Retention = Retention.None }));
        bench.Publish("t", "1");
        bench.Publish("t", "2");
        RecordingSubscriber subscriber = bench.NewSubscriber();
        Subscription subscription = bench.Subscribe(subscriber, "#", options: Positions(bench, ("t", 0)));
        bench.Publish("t", "3"); // before its snapshot has come so far
        bench.Settle();
        Assert.Empty(subscriber.Entries);
        bench.Complete(subscription);
        bench.Publish("t", "4");
        bench.Settle();
        Assert.Equal(new Entry(Told.Gap, "t", 3, ""), subscriber.Entries[0]);
        Assert.Equal(["4"], subscriber.Texts);
    }

    [Fact]
    public void Another_epoch_is_the_ordinary_snapshot()
    {
        using var bench = new HubBench(options: s_history);
        for (int i = 1; i <= 3; i++)
            bench.Publish("t", $"{i}");
        RecordingSubscriber subscriber = bench.NewSubscriber();
        SubscribeOptions options = Positions(bench, ("t", 1)) with { Epoch = bench.Hub.Epoch - 1 };
        bench.Complete(bench.Subscribe(subscriber, "t", options: options));
        Assert.Equal(["3"], subscriber.Texts);
    }

    [Fact]
    public void Topics_without_a_position_and_positions_that_cannot_be_are_the_ordinary_snapshot()
    {
        using var bench = new HubBench(options: s_history);
        foreach (string topic in new[] { "known", "ahead", "negative", "unnamed", "$other" })
        {
            bench.Publish(topic, $"{topic}1");
            bench.Publish(topic, $"{topic}2");
        }
        RecordingSubscriber subscriber = bench.NewSubscriber();
        Resume(bench, subscriber, "#", ("known", 0), ("ahead", 3), ("negative", -1), ("$other", 0), ("nowhere", 1));
        Assert.Equal(["known1", "known2", "ahead2", "negative2", "unnamed2"], subscriber.Texts);
        Assert.DoesNotContain(subscriber.Entries, static entry => entry.What == Told.Gap);
    }

    [Fact]
    public void What_there_is_no_room_for_waits_while_others_go_on()
    {
        using var bench = new HubBench(options: TopicTests.WithTopic(new TopicOptions { HistoryEntries = 100 }));
        RecordingSubscriber other = bench.NewSubscriber(1);
        bench.SubscribeLive(other, "t");
        for (int i = 1; i <= 5; i++)
            bench.Publish("t", $"{i}");
        RecordingSubscriber subscriber = bench.NewSubscriber(2);
        subscriber.Room = 2;
        Subscription subscription = bench.Subscribe(subscriber, "t", options: Positions(bench, ("t", 1)));
        Assert.False(bench.Loops[0].AdvanceSnapshot(subscription));
        Assert.False(subscription.IsLive);
        bench.Publish("t", "6");
        bench.Settle();
        Assert.Equal(["2", "3"], subscriber.Texts);
        Assert.Equal(["1", "2", "3", "4", "5", "6"], other.Texts);
        subscriber.Room = int.MaxValue;
        bench.Complete(subscription);
        bench.Publish("t", "7");
        bench.Settle();
        Assert.Equal(["2", "3", "4", "5", "6", "7"], subscriber.Texts);
        Assert.Equal(1, subscriber.Ends);
    }

    [Fact]
    public void More_than_a_batch_comes_in_several_steps()
    {
        const int Count = (3 * TopicCursor.BatchEntries) + 1;
        using var bench = new HubBench(options: TopicTests.WithTopic(new TopicOptions { HistoryEntries = Count }));
        for (int i = 1; i <= Count; i++)
            bench.Publish("t", $"{i}");
        RecordingSubscriber subscriber = bench.NewSubscriber();
        Resume(bench, subscriber, "t", ("t", 0));
        Assert.Equal(Enumerable.Range(1, Count).Select(static i => $"{i}"), subscriber.Texts);
    }

    [Fact]
    public void Who_was_ahead_on_another_loop_gets_nothing_twice()
    {
        using var bench = new HubBench(loops: 2, options: s_history);
        RecordingSubscriber behind = bench.NewSubscriber(1);
        bench.SubscribeLive(behind, "t", loop: 1);
        RecordingSubscriber away = bench.NewSubscriber(2);
        Subscription first = bench.SubscribeLive(away, "t", loop: 0);
        bench.Publish("t", "1");
        bench.Publish("t", "2");
        bench.Inboxes[0].StepToEnd(); // the other loop has not run its token
        Assert.Equal(["1", "2"], away.Texts);
        bench.Unsubscribe(first);
        bench.Complete(bench.Subscribe(away, "t", loop: 1, Positions(bench, ("t", 2))), loop: 1);
        bench.Settle();
        Assert.Equal(["1", "2"], away.Texts);
        Assert.Equal(["1", "2"], behind.Texts);
    }

    [Fact]
    public void A_loop_that_was_overrun_tells_one_gap_for_both()
    {
        using var bench = new HubBench(options: TopicTests.WithTopic(new TopicOptions { WindowEntries = 2 }));
        RecordingSubscriber other = bench.NewSubscriber(1);
        bench.SubscribeLive(other, "t");
        bench.Publish("t", "1");
        RecordingSubscriber subscriber = bench.NewSubscriber(2);
        Subscription subscription = bench.Subscribe(subscriber, "t", options: Positions(bench, ("t", 0)));
        for (int i = 2; i <= 9; i++)
            bench.Publish("t", $"{i}");
        bench.Complete(subscription);
        bench.Settle();
        Assert.Equal(9, subscriber.Texts.Count() + Gaps(subscriber));
        Assert.Equal(9, other.Texts.Count() + Gaps(other));
        Assert.Equal(["8", "9"], subscriber.Texts);
    }

    [Fact]
    public void Positions_are_bounded_and_in_a_topic()
    {
        var most = new TopicPosition[SubscribeOptions.MaxPositions];
        Array.Fill(most, new TopicPosition("t", 1));
        Assert.Equal(most.Length, new SubscribeOptions { Positions = most }.Positions.Count);
        Assert.Throws<ArgumentException>(() => new SubscribeOptions { Positions = [.. most, most[0]] });
        Assert.Throws<ArgumentException>(static () => new SubscribeOptions { Positions = [default] });
    }

    private static long Gaps(RecordingSubscriber subscriber) =>
        subscriber.Entries.Where(static entry => entry.What == Told.Gap).Sum(static entry => entry.Sequence);

    private static void Resume(
        HubBench bench, RecordingSubscriber subscriber, string filter, params (string, long)[] positions) =>
        bench.Complete(bench.Subscribe(subscriber, filter, options: Positions(bench, positions)));

    private static SubscribeOptions Positions(HubBench bench, params (string Topic, long Sequence)[] positions) => new()
    {
        Epoch = bench.Hub.Epoch,
        Positions = [.. positions.Select(static p => new TopicPosition(p.Topic, p.Sequence))],
    };
}
