using System.Buffers;
using System.Globalization;
using System.Text;

namespace Longwire.ServerTests;

/// <summary>
/// A burst of one topic goes out as one frame; what a slow consumer loses of it is counted message by message all the
/// same.
/// </summary>
public sealed class BurstTests
{
    private const int BurstMessages = 8;
    private const int Bursts = 400;
    private const int Published = BurstMessages * Bursts;

    [Theory]
    [InlineData(SlowConsumerPolicy.Latest)]
    [InlineData(SlowConsumerPolicy.DropOldest)]
    [InlineData(SlowConsumerPolicy.DropNewest)]
    public async Task What_is_lost_of_bursts_is_counted_by_the_message(SlowConsumerPolicy policy)
    {
        await using ServerBench bench = await Start(policy);
        TestClient healthy = await Subscribed(bench);
        TestClient stalled = await Subscribed(bench, receiveBuffer: 4096);
        await PublishAll(bench, healthy);
        stalled.Send("reply\n"); // it displaces pushes that wait already
        await Wait.Until(() => bench.Server.Snapshot().MessagesReceived == Bursts + 3, "the command");

        long told = 0;
        int last = 0;
        int received = 0;
        while (received + told < Published && (policy != SlowConsumerPolicy.Latest || last < Published))
        {
            string line = (await stalled.ReadLine($"the rest of the messages after {last}"))!;
            if (line.StartsWith("reply ", StringComparison.Ordinal))
                continue;
            if (line.StartsWith("gap ", StringComparison.Ordinal))
            {
                told += long.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture);
                continue;
            }
            int value = int.Parse(line.Split(' ')[0], CultureInfo.InvariantCulture);
            Assert.True(value > last, $"{value} came after {last}");
            last = value;
            received++;
        }
        ServerSnapshot snapshot = bench.Server.Snapshot();
        DeliveryCounts counts = bench.Hub.FindTopics(TopicFilter.Parse("t")).Single().Deliveries;
        long lost = Published - received;
        Assert.True(lost > 0, "the reader was to be stalled, and missed nothing");
        Assert.Equal(policy == SlowConsumerPolicy.Latest ? lost : 0, snapshot.Conflated);
        Assert.Equal(policy == SlowConsumerPolicy.Latest ? 0 : lost, snapshot.Dropped);
        Assert.Equal(snapshot.Conflated, counts.Conflated);
        Assert.Equal(snapshot.Dropped, counts.Dropped);
        Assert.Equal(policy == SlowConsumerPolicy.Latest ? 0 : lost, told);
    }

    [Fact]
    public async Task Of_bursts_that_a_reply_displaces_the_last_message_stays()
    {
        await using ServerBench bench = await Start(SlowConsumerPolicy.Latest);
        TestClient healthy = await Subscribed(bench);
        TestClient stalled = await Subscribed(bench, receiveBuffer: 4096);
        IEnumerable<ConnectionSnapshot> connections = [];
        int published = 0;
        while (connections.Sum(static connection => connection.OutboxBytes) < 36 << 10) // of 48 KiB for pushes
        {
            await PublishBurst(healthy, ++published);
            connections = await bench.Server.GetConnectionsAsync(TestContext.Current.CancellationToken);
        }
        Assert.Equal(0, bench.Server.Snapshot().Conflated);
        stalled.Send("reply\n");
        await Wait.Until(() => bench.Server.Snapshot().Conflated > 0, "the displaced bursts");
        int received = 0;
        for (string line = ""; !line.StartsWith($"{published * BurstMessages} ", StringComparison.Ordinal);)
        {
            line = (await stalled.ReadLine("the last message"))!;
            received += line.StartsWith("reply ", StringComparison.Ordinal) ? 0 : 1;
        }
        Assert.Equal((published * BurstMessages) - received, bench.Server.Snapshot().Conflated);
    }

    [Fact]
    public async Task A_burst_that_does_not_fit_disconnects_and_is_counted_by_the_message()
    {
        await using ServerBench bench = await Start(SlowConsumerPolicy.Disconnect);
        TestClient healthy = await Subscribed(bench);
        await Subscribed(bench, receiveBuffer: 4096);
        await PublishAll(bench, healthy);
        await Wait.Until(() => bench.Server.Snapshot().Connections == 1, "the slow consumer's end");
        ServerSnapshot snapshot = bench.Server.Snapshot();
        DeliveryCounts counts = bench.Hub.FindTopics(TopicFilter.Parse("t")).Single().Deliveries;
        Assert.Equal(snapshot.Pushed, counts.Queued);
        Assert.Equal(0, snapshot.Conflated + snapshot.Dropped);
        // What was queued was sent, but for what the end found in the outbox or cut off; one more did not fit.
        Assert.True(counts.Disconnected > 1);
        Assert.True(counts.Queued - counts.Disconnected >= Published);
    }

    [Fact]
    public async Task A_message_that_cannot_be_encoded_costs_the_others_of_its_burst_nothing()
    {
        await using ServerBench bench = await Start(SlowConsumerPolicy.Latest, failing: 3);
        bench.ExpectedErrors.Add("delivery writer");
        TestClient[] clients = [await Subscribed(bench), await Subscribed(bench)];
        clients[0].Send("burst\n");
        foreach (TestClient client in clients)
        {
            IEnumerable<string> lines = await client.ReadLines(BurstMessages);
            Assert.Equal(
                ["1", "2", "gap", "4", "5", "6", "7", "8"],
                lines.Select(static line => line.Split(' ')[0]));
        }
        Assert.Equal(2, bench.Server.Snapshot().Dropped);
    }

    private static async Task<ServerBench> Start(SlowConsumerPolicy policy, long failing = 0)
    {
        int published = 0;
        string padding = new('x', 200);
        ServerBench? started = null;
        started = await ServerBench.Start(PollerKind.Automatic, e => e
            .Framing(Lines.Utf8(maxBytes: 40 << 10))
            .Options(new EndpointOptions { OutboxBytes = 64 << 10, SlowConsumer = policy })
            .Deliver((_, sequence, message, output) =>
            {
                if (sequence == failing)
                    throw new InvalidOperationException("on purpose");
                output.Write(message);
            })
            .DeliverGap(static (_, count, output) => Encoding.UTF8.GetBytes($"gap {count}", output))
            .DeliverSnapshotEnd(static (_, output) => output.Write("end"u8))
            .OnMessageInline((connection, line) =>
            {
                if (line.ToString() == "subscribe")
                {
                    connection.Subscribe(TopicFilter.Parse("t"));
                    return;
                }
                if (line.ToString() == "reply")
                {
                    Assert.Equal(SendResult.Queued, connection.Send($"reply {new string('y', 30 << 10)}"));
                    return;
                }
                for (int i = 0; i < BurstMessages; i++) // on the loop, so that they are fanned out together
                    started!.Hub.Publish("t", Encoding.UTF8.GetBytes($"{++published} {padding}"));
            }), static server => server.Loops(1)); // so that the subscribers share what is joined
        return started;
    }

    private static async Task<TestClient> Subscribed(ServerBench bench, int receiveBuffer = 0)
    {
        TestClient client = await bench.Connect(receiveBuffer: receiveBuffer);
        client.Send("subscribe\n");
        await client.ReadLinesTo("end");
        return client;
    }

    /// <summary>Burst by burst, as the healthy client has them, which therefore misses nothing.</summary>
    private static async Task PublishAll(ServerBench bench, TestClient healthy)
    {
        for (int burst = 1; burst <= Bursts; burst++)
            await PublishBurst(healthy, burst);
        Assert.True(bench.Server.Snapshot().Pushed >= Published);
    }

    private static async Task PublishBurst(TestClient healthy, int burst)
    {
        healthy.Send("burst\n");
        Assert.Equal(
            Enumerable.Range(((burst - 1) * BurstMessages) + 1, BurstMessages),
            (await healthy.ReadLines(BurstMessages))
                .Select(static line => int.Parse(line.Split(' ')[0], CultureInfo.InvariantCulture)));
    }
}
