using System.Globalization;
using System.Text;
using Longwire.Protocols.Feed;

namespace Longwire.FeedTests;

/// <summary>HELLO, subscriptions and publishing, over real sockets.</summary>
public sealed class TopicTests
{
    public static TheoryData<PollerKind> Pollers => FeedBench.Pollers;

    [Theory]
    [InlineData(5.0, "300000")]
    [InlineData(60.0 * 24 * 60, "4294967295")] // 60 days: more than the field holds
    public async Task Hello_tells_the_heartbeat_that_the_endpoint_was_given_last(double minutes, string told)
    {
        await using FeedBench bench = await FeedBench.Start(
            PollerKind.Automatic, later: new EndpointOptions { HeartbeatInterval = TimeSpan.FromMinutes(minutes) });
        FeedPeer peer = await bench.Dial();
        peer.Send(static output => FeedHello.Write(output, 1, FeedFeatures.None, 0, 0, TimeSpan.Zero, "test"));
        Assert.Equal(told, (await peer.Expect(FeedType.Hello))["heartbeat"]);
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task Hello_tells_version_epoch_and_limits(PollerKind poller)
    {
        await using FeedBench bench = await FeedBench.Start(poller, static feed => feed
            .Options(new EndpointOptions { HeartbeatInterval = TimeSpan.FromSeconds(7) })
            .Limits(new FeedLimits { MaxMessageBytes = 5000 }));
        FeedPeer peer = await bench.Dial();
        peer.Send(static output => FeedHello.Write(output, 9, FeedFeatures.None, 0, 0, TimeSpan.Zero, "later 9"));
        IReadOnlyDictionary<string, string> hello = await peer.Expect(FeedType.Hello);
        Assert.Equal("1", hello["version"]);
        Assert.Equal($"{(int)FeedFeatures.Resume}", hello["features"]);
        Assert.Equal(bench.Hub.Epoch.ToString(CultureInfo.InvariantCulture), hello["epoch"]);
        Assert.Equal("5000", hello["max message bytes"]);
        Assert.Equal("7000", hello["heartbeat"]);
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task A_subscription_gets_the_snapshot_its_end_and_the_changes(PollerKind poller)
    {
        await using FeedBench bench = await FeedBench.Start(poller);
        bench.Hub.Publish("host/cpu", "12"u8);
        bench.Hub.Publish("host/cpu", "13"u8);
        bench.Hub.Publish("other", "x"u8);
        FeedPeer peer = await bench.Connect();
        peer.Subscribe("host/#");
        Assert.Equal("host/cpu 2 13", await peer.ExpectValue());
        Assert.Equal("host/#", (await peer.Expect(FeedType.SnapshotEnd))["filter"]);
        bench.Hub.Publish("host/cpu", "14"u8);
        bench.Hub.Publish("other", "y"u8);
        bench.Hub.Publish("host/new", ""u8);
        string[] values = [await peer.ExpectValue(), await peer.ExpectValue()];
        Assert.Equal(["host/cpu 3 14", "host/new 1 "], values.Order());
        peer.Send(static output => FeedUnsubscribe.Write(output, 3, "host/#"));
        await peer.ExpectDone(3);
        bench.Hub.Publish("host/cpu", "15"u8);
        await peer.ExpectPong();
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task Who_was_away_gets_what_it_missed_and_a_gap_for_what_is_gone(PollerKind poller)
    {
        await using FeedBench bench = await FeedBench.Start(poller, hub: new HubOptions
        {
            Topics =
            [
                (TopicFilter.Parse("#"),
                    new TopicOptions { HistoryEntries = 4, SlowConsumer = SlowConsumerPolicy.DropOldest }),
            ],
        });
        for (int i = 1; i <= 6; i++)
            bench.Hub.Publish("a", Encoding.UTF8.GetBytes($"{i}"));
        bench.Hub.Publish("b", "new"u8);
        FeedPeer near = await Return(bench.Hub.Epoch, 4);
        Assert.Equal("a 5 5", await near.ExpectValue());
        Assert.Equal("a 6 6", await near.ExpectValue());
        Assert.Equal("b 1 new", await near.ExpectValue());
        await near.Expect(FeedType.SnapshotEnd);
        bench.Hub.Publish("a", "7"u8);
        Assert.Equal("a 7 7", await near.ExpectValue());

        FeedPeer far = await Return(bench.Hub.Epoch, 1);
        IReadOnlyDictionary<string, string> gap = await far.Expect(FeedType.Gap);
        Assert.Equal("a 2", $"{gap["topic"]} {gap["count"]}"); // 4 to 7 are there
        for (int i = 4; i <= 7; i++)
            Assert.Equal($"a {i} {i}", await far.ExpectValue());

        FeedPeer stranger = await Return(bench.Hub.Epoch - 1, 4);
        Assert.Equal("a 7 7", await stranger.ExpectValue());
        Assert.Equal("b 1 new", await stranger.ExpectValue());
        await stranger.Expect(FeedType.SnapshotEnd);

        async Task<FeedPeer> Return(long epoch, long sequence)
        {
            FeedPeer peer = await bench.Dial();
            peer.Send(output => FeedHello.Write(output, 1, FeedFeatures.None, epoch, 0, TimeSpan.Zero, "test"));
            await peer.Expect(FeedType.Hello);
            peer.Send(output => FeedSubscribe.Write(
                output, 2, TimeSpan.FromSeconds(1), "#", [new FeedPosition("a", sequence), new FeedPosition("c", 7)]));
            return peer;
        }
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task Wrong_subscriptions_are_refused_and_the_connection_goes_on(PollerKind poller)
    {
        await using FeedBench bench = await FeedBench.Start(poller, static feed => feed
            .Options(new EndpointOptions { MaxSubscriptions = 1 }));
        FeedPeer peer = await bench.Connect();
        peer.Subscribe("host/#/x", id: 7);
        Assert.Contains("'#'", await peer.ExpectError(7, FeedErrorCode.InvalidFilter, "filter"),
            StringComparison.Ordinal);
        peer.Subscribe("", id: 8);
        await peer.ExpectError(8, FeedErrorCode.InvalidFilter, "filter");
        peer.Subscribe("$group/operators", id: 9);
        await peer.ExpectError(9, FeedErrorCode.Denied, "filter");
        peer.Subscribe("a", id: 10);
        await peer.Expect(FeedType.SnapshotEnd);
        peer.Subscribe("a", id: 11);
        await peer.ExpectError(11, FeedErrorCode.AlreadySubscribed, "filter");
        peer.Subscribe("b", id: 12);
        await peer.ExpectError(12, FeedErrorCode.LimitReached, "filter");
        peer.Send(static output => FeedUnsubscribe.Write(output, 13, "+x"));
        await peer.ExpectError(13, FeedErrorCode.InvalidFilter, "filter");
        await peer.ExpectPong();
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task Who_may_publish_reaches_everybody_and_learns_the_number(PollerKind poller)
    {
        await using FeedBench bench = await FeedBench.Start(poller, static feed => feed
            .AllowPublish(static (_, topic) => topic.StartsWith("chat/", StringComparison.Ordinal)));
        FeedPeer reader = await bench.Connect();
        reader.Subscribe("chat/#");
        await reader.Expect(FeedType.SnapshotEnd);
        FeedPeer writer = await bench.Connect();
        writer.Publish(0, "chat/room", "one");
        writer.Publish(5, "chat/room", "two");
        await writer.ExpectDone(5, sequence: 2);
        Assert.Equal("chat/room 1 one", await reader.ExpectValue());
        Assert.Equal("chat/room 2 two", await reader.ExpectValue());
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task A_publish_that_cannot_be_is_refused_by_its_field(PollerKind poller)
    {
        await using FeedBench bench = await FeedBench.Start(
            poller,
            static feed => feed.AllowPublish(static (_, topic) => topic != "secret"),
            hub: new HubOptions { MaxTopics = 1, MaxPayloadBytes = 10 });
        FeedPeer peer = await bench.Connect();
        peer.Publish(1, "secret", "x");
        await peer.ExpectError(1, FeedErrorCode.Denied, "topic");
        peer.Publish(2, "$group/operators", "x");
        await peer.ExpectError(2, FeedErrorCode.Denied, "topic");
        peer.Publish(3, "a/#", "x");
        await peer.ExpectError(3, FeedErrorCode.InvalidTopic, "topic");
        peer.Publish(4, "a", "01234567890");
        await peer.ExpectError(4, FeedErrorCode.TooLarge, "payload");
        peer.Publish(5, "b", "x");
        await peer.ExpectError(5, FeedErrorCode.LimitReached, "topic");
        peer.Publish(6, "a", "0123456789");
        await peer.ExpectDone(6, sequence: 1);
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task Nobody_may_publish_where_no_rule_allows_it(PollerKind poller)
    {
        await using FeedBench bench = await FeedBench.Start(poller);
        FeedPeer peer = await bench.Connect();
        peer.Publish(1, "a", "x");
        await peer.ExpectError(1, FeedErrorCode.Denied, "topic");
        Assert.Null(bench.Hub.FindTopic("a"));
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task A_reader_that_does_not_keep_up_gets_every_message_or_its_gap(PollerKind poller)
    {
        const int Published = 3000; // of 16 KiB: more than the kernel holds
        await using FeedBench bench = await FeedBench.Start(poller, static feed => feed.Options(
            new EndpointOptions { OutboxBytes = 64 << 10, SlowConsumer = SlowConsumerPolicy.DropOldest }));
        FeedPeer peer = await bench.Connect();
        peer.Subscribe("a");
        await peer.Expect(FeedType.SnapshotEnd);
        byte[] payload = new byte[16 << 10];
        for (int i = 0; i < Published; i++)
            bench.Hub.Publish("a", payload);
        long last = 0;
        long lost = 0;
        long values = 0;
        while (last < Published)
        {
            IReadOnlyDictionary<string, string> next = await peer.ExpectAny(FeedType.Value, FeedType.Gap);
            if (next.TryGetValue("count", out string? count))
            {
                lost += long.Parse(count, CultureInfo.InvariantCulture);
                continue;
            }
            long sequence = long.Parse(next["sequence"], CultureInfo.InvariantCulture);
            Assert.True(sequence > last, $"{sequence} after {last}");
            last = sequence;
            values++;
        }
        peer.Send(static output => FeedPing.Write(output, 77));
        while ((await peer.ExpectAny(FeedType.Gap, FeedType.Pong)).TryGetValue("count", out string? late))
            lost += long.Parse(late, CultureInfo.InvariantCulture);
        Assert.Equal(Published, values + lost);
        Assert.True(lost > 0, "nothing was lost: publish more");
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task A_server_that_stops_says_when_to_come_back(PollerKind poller)
    {
        await using FeedBench bench = await FeedBench.Start(poller, static feed => feed.Limits(new FeedLimits
        {
            RetryAfter = TimeSpan.FromSeconds(2),
            RetryJitter = TimeSpan.FromSeconds(9),
        }));
        FeedPeer peer = await bench.Connect();
        Task stop = bench.Stop();
        IReadOnlyDictionary<string, string> goodbye = await peer.Expect(FeedType.Goodbye);
        Assert.Equal(("500", "2000", "9000"), (goodbye["reason"], goodbye["retry after"], goodbye["jitter"]));
        await peer.ExpectEnd();
        peer.Dispose();
        await stop;
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task A_silent_server_pings(PollerKind poller)
    {
        await using FeedBench bench = await FeedBench.Start(poller, static feed => feed
            .Options(new EndpointOptions { HeartbeatInterval = TimeSpan.FromMilliseconds(100) }));
        FeedPeer peer = await bench.Connect();
        await peer.Expect(FeedType.Ping);
        peer.Send(static output => FeedPong.Write(output, 0));
        await peer.Expect(FeedType.Ping);
    }
}
