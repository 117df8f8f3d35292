using System.Globalization;
using Longwire.ServerTests;

namespace Longwire.ClientTests;

/// <summary>What a subscription tells: snapshot and changes, over cuts and restarts.</summary>
public sealed class SubscriptionTests
{
    public static TheoryData<PollerKind> Pollers => FeedBench.Pollers;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task First_what_the_topics_hold_and_then_each_change(PollerKind poller)
    {
        await using FeedBench bench = await FeedBench.Start(poller);
        bench.Hub.Publish("host/cpu", "12"u8);
        bench.Hub.Publish("other", "x"u8);
        FeedClient client = bench.Connect();
        await using var watch = new Watch(client, "host/#");
        await watch.Expect("host/cpu 1 12", "complete host/#");
        bench.Hub.Publish("host/cpu", "13"u8);
        bench.Hub.Publish("host/disk", ""u8);
        await watch.Expect("host/cpu 2 13", "host/disk 1 ");
        await using var exact = new Watch(client, "host/cpu");
        await exact.Expect("host/cpu 2 13", "complete host/cpu");
        bench.Hub.Publish("host/cpu", "14"u8);
        await exact.Expect("host/cpu 3 14");
        await watch.Expect("host/cpu 3 14"); // once, though it comes by both filters
        bench.Hub.Publish("host/disk", "z"u8);
        await watch.Expect("host/disk 2 z");
        Assert.Equal(ClientState.Connected, client.Status.State);
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task A_cut_loses_nothing_that_the_history_holds(PollerKind poller)
    {
        await using FeedBench bench = await FeedBench.Start(poller, hub: History(8));
        FeedClient client = bench.Connect();
        await using var watch = new Watch(client, "log/#");
        await watch.Expect("complete log/#");
        bench.Hub.Publish("log/a", "1"u8);
        await watch.Expect("log/a 1 1");
        await bench.Cut();
        for (int i = 2; i <= 5; i++)
            bench.Publish("log/a", $"{i}");
        var told = new List<string>();
        for (int i = 0; i < 5; i++)
            told.Add($"{await watch.Next("what was missed")}");
        Assert.Contains("complete log/#", told); // its place depends on who was faster
        told.Remove("complete log/#");
        Assert.Equal(["log/a 2 2", "log/a 3 3", "log/a 4 4", "log/a 5 5"], told);
        await bench.Cut();
        await watch.Expect("complete log/#"); // nothing new, nothing twice
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task What_the_history_has_lost_is_a_gap(PollerKind poller)
    {
        await using FeedBench bench = await FeedBench.Start(poller, hub: History(2));
        FeedClient client = bench.Connect(static o => o with
        {
            MinBackOff = TimeSpan.FromSeconds(1),
            MaxBackOff = TimeSpan.FromSeconds(1),
        });
        await using var watch = new Watch(client, "log/#");
        await using var same = new Watch(client, "log/a");
        await watch.Expect("complete log/#");
        await same.Expect("complete log/a");
        bench.Hub.Publish("log/a", "1"u8);
        await watch.Expect("log/a 1 1");
        await same.Expect("log/a 1 1");
        await bench.Cut();
        for (int i = 2; i <= 9; i++)
            bench.Publish("log/a", $"{i}");
        long last = 1;
        long lost = 0;
        for (FeedUpdate update = await watch.Next("the rest"); last < 9; update = await watch.Next("the rest"))
        {
            if (update.Kind == FeedUpdateKind.Gap)
                lost += update.Count;
            if (update.Kind != FeedUpdateKind.Value)
                continue;
            Assert.True(update.Sequence > last, $"{update} after {last}");
            Assert.True(update.Sequence - last - 1 <= lost, $"{update} after {last} and gaps of {lost}");
            last = update.Sequence;
            if (last == 9)
                break;
        }
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task A_restart_is_told_and_everything_comes_again(PollerKind poller)
    {
        await using FeedBench bench = await FeedBench.Start(poller);
        bench.Hub.Publish("a", "old"u8);
        FeedClient client = bench.Connect();
        await using var watch = new Watch(client, "#");
        await watch.Expect("a 1 old", "complete #");
        await bench.StopServer();
        await bench.StartServer();
        bench.Hub.Publish("a", "new"u8);
        FeedUpdate restarted = await watch.Next("the restart");
        Assert.Equal((FeedUpdateKind.Restarted, bench.Hub.Epoch), (restarted.Kind, restarted.Epoch));
        string[] rest = [$"{await watch.Next("the value")}", $"{await watch.Next("the end")}"];
        Assert.Contains("a 1 new", rest); // the publish may be behind the snapshot
        Assert.Contains("complete #", rest);
    }

    /// <summary>Everybody comes back, is told the new epoch, and gets each value once.</summary>
    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task A_thousand_clients_come_back_to_a_server_that_was_killed(PollerKind poller)
    {
        int count = int.Parse(
            Environment.GetEnvironmentVariable("LONGWIRE_CLIENTS") ?? "300", CultureInfo.InvariantCulture);
        await using FeedBench bench = await FeedBench.Start(poller);
        Publish("before");
        var watches = new List<Watch>();
        for (int i = 0; i < count; i++)
            watches.Add(new Watch(bench.Connect(), "host/#"));
        foreach (Watch watch in watches)
            await watch.Until(FeedUpdateKind.Complete);
        await bench.Cut(); // a server that is killed says no goodbye
        await bench.StopServer();
        await bench.StartServer();
        Publish("after");
        foreach (Watch watch in watches)
        {
            FeedUpdate restarted = await watch.Until(FeedUpdateKind.Restarted);
            Assert.Equal(bench.Hub.Epoch, restarted.Epoch);
            var seen = new List<string>();
            bool isComplete = false;
            while (!isComplete || seen.Count < 5)
            {
                FeedUpdate update = await watch.Next("the snapshot");
                isComplete |= update.Kind == FeedUpdateKind.Complete;
                if (update.Kind == FeedUpdateKind.Value)
                    seen.Add($"{update}");
            }
            Assert.Equal(Enumerable.Range(0, 5).Select(static i => $"host/{i} 1 after"), seen.Order());
        }
        foreach (Watch watch in watches)
            await watch.DisposeAsync();

        void Publish(string text)
        {
            for (int i = 0; i < 5; i++)
                bench.Publish($"host/{i}", text);
        }
    }

    /// <summary>A reader that is slow gets all of a large snapshot, in order, while its values change.</summary>
    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task A_large_snapshot_is_complete_while_its_values_change(PollerKind poller)
    {
        const int Topics = 20_000;
        await using FeedBench bench = await FeedBench.Start(poller, endpoint: static endpoint => endpoint
            .Options(new EndpointOptions { OutboxBytes = 64 << 10 }));
        string[] names = [.. Enumerable.Range(0, Topics).Select(static i => $"topic/{i}")];
        foreach (string name in names)
            bench.Hub.Publish(name, "0"u8);
        FeedClient client = bench.Connect();
        var last = new Dictionary<string, long>();
        bool isComplete = false;
        long changes = 0;
        using var late = new CancellationTokenSource(FeedBench.Long);
        await foreach (FeedUpdate update in client.Subscribe("topic/#", cancellation: late.Token))
        {
            if (update.Kind == FeedUpdateKind.Complete)
            {
                Assert.Equal(Topics, last.Count);
                isComplete = true;
                bench.Hub.Publish("topic/end", "end"u8);
                continue;
            }
            Assert.Equal(FeedUpdateKind.Value, update.Kind);
            Assert.True(update.Sequence > last.GetValueOrDefault(update.Topic), $"{update} is out of order");
            last[update.Topic] = update.Sequence;
            if (update.Topic == "topic/end")
                break;
            if (!isComplete && changes < 5000) // what is there changes while it is on its way
                bench.Hub.Publish(names[(changes++ * 7919) % Topics], "1"u8);
        }
        Assert.True(isComplete);
        // The newest of everything is here, or on its way: nothing of it is older than what the hub holds.
        IReadOnlyList<FeedUpdate> now = await client.GetAsync("topic/#", FeedBench.Long, late.Token);
        Assert.Equal(Topics + 1, now.Count);
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task Who_stops_enumerating_leaves_and_may_come_again(PollerKind poller)
    {
        await using FeedBench bench = await FeedBench.Start(poller);
        bench.Hub.Publish("a", "x"u8);
        FeedClient client = bench.Connect();
        for (int round = 0; round < 20; round++)
        {
            await foreach (FeedUpdate update in client.Subscribe("a", cancellation: Cancellation))
            {
                Assert.Equal("a 1 x", $"{update}"); // first of a snapshot, in each round
                break;
            }
        }
        await Wait.Until(
            async () => (await bench.Server.GetConnectionsAsync(Cancellation))
                .Single().Subscriptions == 0,
            "the last unsubscribe");
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task A_filter_is_subscribed_to_once(PollerKind poller)
    {
        await using FeedBench bench = await FeedBench.Start(poller);
        FeedClient client = bench.Connect();
        await using var watch = new Watch(client, "a");
        await watch.Expect("complete a");
        await using var again = new Watch(client, "a");
        InvalidOperationException twice = await Assert.ThrowsAsync<InvalidOperationException>(
            () => Wait.For(again.Ended, "the refusal"));
        Assert.Contains("subscribed to a already", twice.Message, StringComparison.Ordinal);
        bench.Hub.Publish("a", "x"u8);
        await watch.Expect("a 1 x");
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task A_refused_subscription_ends_with_the_server_s_words(PollerKind poller)
    {
        await using FeedBench bench = await FeedBench.Start(poller);
        FeedClient client = bench.Connect();
        await using var watch = new Watch(client, $"{TcpServer.GroupTopics}#");
        FeedException denied = await Assert.ThrowsAsync<FeedException>(() => Wait.For(watch.Ended, "the refusal"));
        Assert.Equal(Protocols.Feed.FeedErrorCode.Denied, denied.Code);
        await using var other = new Watch(client, "a");
        await other.Expect("complete a");
    }

    [Fact]
    public async Task A_filter_that_is_none_is_refused_at_once()
    {
        await using FeedBench bench = await FeedBench.Start(PollerKind.Automatic);
        FeedClient client = bench.Connect();
        Assert.Throws<FormatException>(() => client.Subscribe("a/#/b", cancellation: Cancellation));
        Assert.Throws<ArgumentException>(
            () => client.Subscribe("a", new FeedSubscribeOptions { MaxUpdates = 0 }, Cancellation));
        Assert.Throws<ArgumentException>(
            () => client.Subscribe("a", new FeedSubscribeOptions { MaxBytes = 0 }, Cancellation));
        Assert.Throws<ArgumentException>(
            () => client.Subscribe("a", new FeedSubscribeOptions { Interval = TimeSpan.FromDays(50) }, Cancellation));
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task A_reader_that_does_not_read_is_ended_when_it_wants_that(PollerKind poller)
    {
        await using FeedBench bench = await FeedBench.Start(poller);
        FeedClient client = bench.Connect();
        var options = new FeedSubscribeOptions { MaxUpdates = 10, Policy = SlowConsumerPolicy.Disconnect };
        IAsyncEnumerator<FeedUpdate> reader = client.Subscribe("a", options, Cancellation).GetAsyncEnumerator(
            Cancellation);
        Assert.True(await reader.MoveNextAsync()); // complete
        for (int i = 0; i < 11; i++)
            bench.Publish("a", $"{i}");
        await Wait.Until(
            async () => (await bench.Server.GetConnectionsAsync(Cancellation))
                .Single().Subscriptions == 0,
            "the end of the subscription");
        for (int i = 0; i < 10; i++)
            Assert.True(await reader.MoveNextAsync()); // what it had is still there
        InvalidOperationException slow = await Assert.ThrowsAsync<InvalidOperationException>(
            () => reader.MoveNextAsync().AsTask());
        Assert.Contains("slower", slow.Message, StringComparison.Ordinal);
        await reader.DisposeAsync();
    }

    private static HubOptions History(int entries) => new()
    {
        Topics =
        [
            (TopicFilter.Parse("log/#"),
                new TopicOptions { HistoryEntries = entries, SlowConsumer = SlowConsumerPolicy.DropOldest }),
        ],
    };
}
