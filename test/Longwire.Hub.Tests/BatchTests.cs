namespace Longwire.HubTests;

/// <summary>Several small messages of a topic go out as one when they are for the same subscribers.</summary>
public sealed class BatchTests
{
    private const int Long = 2500; // two of them are too long to be copied together

    [Fact]
    public void A_burst_comes_to_each_of_several_subscribers_as_one()
    {
        using var bench = new HubBench();
        RecordingSubscriber[] subscribers = [bench.NewSubscriber(1), bench.NewSubscriber(2)];
        foreach (RecordingSubscriber subscriber in subscribers)
            bench.SubscribeLive(subscriber, "t");
        Burst(bench, "a", "b", "c");
        Burst(bench, "d");
        Burst(bench, "e", "f");
        Assert.All(subscribers, static subscriber =>
        {
            Assert.Equal(["a", "b", "c", "d", "e", "f"], subscriber.Texts);
            Assert.Equal([1L, 2, 3, 4, 5, 6], Messages(subscriber).Select(static entry => entry.Sequence));
            Assert.Equal(2, subscriber.Batches);
        });
    }

    [Fact]
    public void A_single_subscriber_and_long_messages_have_nothing_from_a_copy()
    {
        using var bench = new HubBench();
        RecordingSubscriber alone = bench.NewSubscriber(1);
        bench.SubscribeLive(alone, "alone");
        RecordingSubscriber[] two = [bench.NewSubscriber(2), bench.NewSubscriber(3)];
        foreach (RecordingSubscriber subscriber in two)
            bench.SubscribeLive(subscriber, "t");
        bench.Publish("alone", "a");
        bench.Publish("alone", "b");
        Burst(bench, new string('x', Long), new string('y', Long));
        Assert.Equal(["a", "b"], alone.Texts);
        Assert.All(two, static subscriber => Assert.Equal(2, subscriber.Texts.Count()));
        Assert.All([alone, .. two], static subscriber => Assert.Equal(0, subscriber.Batches));
    }

    [Fact]
    public void A_burst_of_one_publisher_comes_as_one_to_all_but_itself()
    {
        using var bench = new HubBench();
        RecordingSubscriber[] subscribers = [bench.NewSubscriber(1), bench.NewSubscriber(2), bench.NewSubscriber(3)];
        foreach (RecordingSubscriber subscriber in subscribers)
            bench.SubscribeLive(subscriber, "t");
        bench.Publish("t", "a", except: 2);
        bench.Publish("t", "b", except: 2);
        bench.Settle();
        Assert.Equal([1, 0, 1], subscribers.Select(static subscriber => subscriber.Batches));
        Assert.Empty(subscribers[1].Texts);

        bench.Publish("t", "c", except: 1);
        bench.Publish("t", "d", except: 2);
        bench.Publish("t", "e");
        bench.Settle();
        Assert.Equal([1, 0, 1], subscribers.Select(static subscriber => subscriber.Batches));
        Assert.Equal(["a", "b", "d", "e"], subscribers[0].Texts);
        Assert.Equal(["c", "e"], subscribers[1].Texts);
        Assert.Equal(["a", "b", "c", "d", "e"], subscribers[2].Texts);
    }

    [Fact]
    public void What_cannot_be_encoded_is_tried_once_and_the_rest_comes_one_by_one()
    {
        using var bench = new HubBench();
        RecordingSubscriber[] subscribers = [bench.NewSubscriber(1), bench.NewSubscriber(2), bench.NewSubscriber(3)];
        foreach (RecordingSubscriber subscriber in subscribers)
            bench.SubscribeLive(subscriber, "t");
        bench.Encoder.Refused = 2;
        Burst(bench, "a", "b", "c");
        Assert.All(subscribers, static subscriber =>
        {
            Assert.Equal(["a", "c"], subscriber.Texts);
            Assert.Equal(1, subscriber.Refused);
            Assert.Equal(0, subscriber.Batches);
        });
        Assert.Equal(3, bench.Encoder.Encoded);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_subscriber_that_throws_leaves_nothing_behind_for_the_next_message(int burst)
    {
        using var bench = new HubBench();
        RecordingSubscriber[] subscribers = [bench.NewSubscriber(1), bench.NewSubscriber(2)];
        foreach (RecordingSubscriber subscriber in subscribers)
            bench.SubscribeLive(subscriber, "t");
        subscribers[1].Throws = true;
        Assert.Throws<InvalidOperationException>(() => Burst(bench, [.. Enumerable.Repeat("a", burst)]));
        subscribers[1].Throws = false;
        Burst(bench, [.. Enumerable.Repeat("b", burst)]);
        foreach (RecordingSubscriber subscriber in subscribers)
            Assert.Equal(Enumerable.Repeat("b", burst), subscriber.Texts.TakeLast(burst));
        Assert.Equal(burst, subscribers[1].Texts.Count());
    }

    private static void Burst(HubBench bench, params string[] messages)
    {
        foreach (string message in messages)
            bench.Publish("t", message);
        bench.Settle();
    }

    private static IEnumerable<Entry> Messages(RecordingSubscriber subscriber) =>
        subscriber.Entries.Where(static entry => entry.What == Told.Message);
}
