using System.Text;
using Longwire.Primitives;

namespace Longwire.HubTests;

/// <summary>A topic's ring: retention, history, window, and what a publish answers.</summary>
public sealed class TopicTests
{
    [Fact]
    public void A_publish_answers_with_the_sequence_and_the_matches()
    {
        using var bench = new HubBench(loops: 2);
        bench.SubscribeLive(bench.NewSubscriber(1), "a/b");
        bench.SubscribeLive(bench.NewSubscriber(2), "a/+", loop: 1);
        bench.SubscribeLive(bench.NewSubscriber(3), "a/+", loop: 1);
        bench.SubscribeLive(bench.NewSubscriber(4), "x", loop: 1);
        Assert.Equal(new PublishResult(PublishStatus.Published, 1, 3), bench.Publish("a/b", "1"));
        Assert.Equal(new PublishResult(PublishStatus.Published, 2, 3), bench.Publish("a/b", "2", except: 1));
        bench.Settle();
        Assert.Equal(new PublishResult(PublishStatus.Published, 3, 3), bench.Publish("a/b", "3"));
        Assert.Equal(new PublishResult(PublishStatus.Published, 1, 0), bench.Publish("b", "1"));
        Assert.Equal(2, bench.Hub.TopicCount);
    }

    [Fact]
    public void The_first_message_of_a_new_topic_tells_its_matches_too()
    {
        using var bench = new HubBench();
        Subscription one = bench.SubscribeLive(bench.NewSubscriber(1), "#");
        bench.SubscribeLive(bench.NewSubscriber(2), "#");
        Assert.Equal(2, bench.Publish("new", "1").Matched);
        bench.Unsubscribe(one);
        Assert.Equal(1, bench.Publish("newer", "1").Matched);
        bench.Settle();
        Assert.Equal(1, bench.Publish("newer", "2").Matched);
    }

    [Fact]
    public void Refusals_say_why_and_make_nothing()
    {
        using var bench = new HubBench(options: new HubOptions { MaxTopics = 2, MaxPayloadBytes = 4 });
        Assert.Equal(PublishStatus.InvalidTopic, bench.Publish("a/#", "1").Status);
        Assert.Equal(PublishStatus.InvalidTopic, bench.Publish("", "1").Status);
        Assert.Equal(PublishStatus.Published, bench.Publish("one", "1234").Status);
        Assert.Equal(new PublishResult(PublishStatus.TooLarge, 0, 0), bench.Publish("one", "12345"));
        Assert.Equal(PublishStatus.Published, bench.Publish("two", "1").Status);
        Assert.Equal(PublishStatus.TooManyTopics, bench.Publish("three", "1").Status);
        Assert.False(bench.Hub.TryGetTopic("three", out Topic? none, out PublishStatus refused));
        Assert.Null(none);
        Assert.Equal(PublishStatus.TooManyTopics, refused);
        Assert.Equal(2, bench.Publish("one", "5").Sequence);
        Assert.Equal(2, bench.Hub.TopicCount);
        Assert.Null(bench.Hub.FindTopic("three"));
    }

    [Fact]
    public void A_pool_at_its_ceiling_refuses_the_publish()
    {
        var hub = new Hub(new SlabPool(new SlabPoolOptions { CeilingBytes = 512 << 10 }), new HubOptions());
        PublishStatus status;
        int published = 0;
        byte[] payload = new byte[200 << 10];
        while ((status = hub.Publish($"t/{published}", payload).Status) == PublishStatus.Published && published < 100)
            published++;
        Assert.Equal(PublishStatus.OutOfMemory, status);
        Assert.InRange(published, 1, 4);
        hub.Clear();
        Assert.Equal(0, hub.Pool.Snapshot().Leases);
    }

    [Fact]
    public void The_last_message_is_retained_unless_the_topic_says_otherwise()
    {
        using var bench = new HubBench(options: WithTopic(new TopicOptions { Retention = Retention.None }, "event/#"));
        Topic kept = Published(bench, "state/x", 3);
        Topic passing = Published(bench, "event/x", 3);
        Assert.Equal([(3L, "3")], Retained(kept));
        Assert.Empty(Retained(passing));
        Assert.Equal(1, bench.Pool.Leases(LeaseOwner.Frame));
    }

    [Fact]
    public void The_first_filter_that_matches_gives_a_topic_its_options()
    {
        var options = new HubOptions
        {
            Topics =
            [
                (TopicFilter.Parse("a/special"), new TopicOptions { HistoryEntries = 7 }),
                (TopicFilter.Parse("a/#"), new TopicOptions { HistoryEntries = 3 }),
            ],
        };
        using var bench = new HubBench(options: options);
        Assert.Equal(7, Published(bench, "a/special", 1).Options.HistoryEntries);
        Assert.Equal(3, Published(bench, "a/other", 1).Options.HistoryEntries);
        Assert.Same(TopicOptions.Default, Published(bench, "b", 1).Options);
    }

    [Theory]
    [InlineData(0, 6, "7,8,9,10")]
    [InlineData(-5, 6, "7,8,9,10")]
    [InlineData(6, 0, "7,8,9,10")]
    [InlineData(8, 0, "9,10")]
    [InlineData(10, 0, "")]
    [InlineData(99, 0, "")]
    public void History_is_read_from_a_sequence_on(long after, long missed, string expected)
    {
        using var bench = new HubBench(options: WithTopic(new TopicOptions { HistoryEntries = 4 }));
        Topic topic = Published(bench, "t", 10);
        var read = new List<string>();
        Assert.Equal(missed, topic.ReadHistory(after, read, static (list, _, _, payload) =>
            list.Add(Encoding.UTF8.GetString(payload))));
        Assert.Equal(expected, string.Join(',', read));
    }

    [Fact]
    public void A_reader_that_throws_keeps_no_message()
    {
        using var bench = new HubBench(options: WithTopic(new TopicOptions { HistoryEntries = 4 }));
        Topic topic = Published(bench, "t", 4);
        Assert.Throws<InvalidOperationException>(() => topic.ReadHistory(0, 0, Fail));
        Assert.Throws<InvalidOperationException>(() => topic.TryReadRetained(0, Fail));

        static void Fail(int state, Topic topic, long sequence, ReadOnlySpan<byte> payload) =>
            throw new InvalidOperationException("on purpose");
    }

    [Fact]
    public void The_window_bounds_what_a_lagging_loop_holds_and_the_gap_is_told_once()
    {
        using var bench = new HubBench(options: WithTopic(new TopicOptions { WindowEntries = 4 }));
        RecordingSubscriber subscriber = bench.NewSubscriber();
        bench.SubscribeLive(subscriber, "t");
        subscriber.Entries.Clear();
        Topic topic = Published(bench, "t", 10);
        Assert.Equal(4, bench.Pool.Leases(LeaseOwner.Frame));
        bench.Settle();
        Assert.Equal(
            [
                new Entry(Told.Gap, "t", 6, ""), new Entry(Told.Message, "t", 7, "7"),
                new Entry(Told.Message, "t", 8, "8"),
                new Entry(Told.Message, "t", 9, "9"), new Entry(Told.Message, "t", 10, "10"),
            ],
            subscriber.Entries);
        Assert.Equal(6, topic.Deliveries.Overrun);
        bench.Publish("t", "11");
        bench.Settle();
        Assert.Equal(6, subscriber.Entries.Count);
    }

    [Fact]
    public void The_window_counts_bytes_as_well_and_keeps_the_newest_whatever_its_size()
    {
        using var bench = new HubBench(options: WithTopic(new TopicOptions { WindowBytes = 4096 }));
        RecordingSubscriber subscriber = bench.NewSubscriber();
        bench.SubscribeLive(subscriber, "t");
        for (int i = 0; i < 10; i++)
            bench.Publish("t", new string('x', 1024));
        Assert.Equal(4, bench.Pool.Leases(LeaseOwner.Frame));
        bench.Publish("t", new string('y', 8192));
        Assert.Equal(1, bench.Pool.Leases(LeaseOwner.Frame));
        bench.Settle();
        Assert.Equal(new string('y', 8192), Assert.Single(subscriber.Texts));
    }

    [Fact]
    public void What_every_loop_has_fanned_out_is_released_but_for_history_and_retention()
    {
        using var bench = new HubBench(loops: 2, WithTopic(new TopicOptions { HistoryEntries = 2 }));
        bench.SubscribeLive(bench.NewSubscriber(1), "t");
        bench.SubscribeLive(bench.NewSubscriber(2), "t", loop: 1);
        Published(bench, "t", 10);
        bench.Inboxes[0].StepToEnd();
        Assert.Equal(10, bench.Hub.FindTopic("t")!.Sequence);
        Assert.Equal(20, bench.Pool.Leases(LeaseOwner.Frame)); // loop 1 has yet to see them; each with its variant
        bench.Inboxes[1].StepToEnd();
        Assert.Equal(4, bench.Pool.Leases(LeaseOwner.Frame));
    }

    [Fact]
    public void A_message_is_encoded_once_for_all_subscribers_of_all_loops()
    {
        using var bench = new HubBench(loops: 2);
        for (int i = 0; i < 6; i++)
            bench.SubscribeLive(bench.NewSubscriber(i + 1), "t", loop: i % 2);
        Published(bench, "t", 5);
        bench.Settle();
        Assert.Equal(5, bench.Encoder.Encoded);
    }

    [Fact]
    public void Encoders_of_other_hubs_cost_this_one_nothing()
    {
        for (int i = 0; i < 100; i++)
        {
            using var other = new HubBench();
        }
        using var bench = new HubBench();
        Assert.Equal(0, bench.Encoder.Index);
        Assert.Equal(1, new PlainEncoder(bench.Hub, bench.Pool).Index);
    }

    [Fact]
    public void Topics_are_found_by_filter_in_the_order_of_their_making()
    {
        using var bench = new HubBench();
        foreach (string name in (string[])["b/1", "a/1", "$SYS/1", "a/2"])
            bench.Publish(name, "x");
        Assert.Equal(["a/1", "a/2"], Names("a/+"));
        Assert.Equal(["b/1", "a/1", "a/2"], Names("#"));
        Assert.Equal(["$SYS/1"], Names("$SYS/#"));
        Assert.Empty(Names("c"));

        IEnumerable<string> Names(string filter) =>
            bench.Hub.FindTopics(TopicFilter.Parse(filter)).Select(static topic => topic.Name);
    }

    internal static HubOptions WithTopic(TopicOptions options, string filter = "#") =>
        new() { Topics = [(TopicFilter.Parse(filter), options)] };

    private static Topic Published(HubBench bench, string name, int count)
    {
        for (int i = 1; i <= count; i++)
            Assert.Equal(i, bench.Publish(name, $"{i}").Sequence);
        return bench.Hub.FindTopic(name)!;
    }

    private static List<(long, string)> Retained(Topic topic)
    {
        var read = new List<(long, string)>();
        bool found = topic.TryReadRetained(read, static (list, _, sequence, payload) =>
            list.Add((sequence, Encoding.UTF8.GetString(payload))));
        Assert.Equal(found, read.Count == 1);
        return read;
    }
}
