using System.Buffers;
using System.Globalization;
using System.Net;
using System.Text;

namespace Longwire.ServerTests;

/// <summary>What subscribers get: all of it, or what their policy leaves, with the rest counted and told.</summary>
public sealed class PushTests
{
    private const int Topics = 100;
    private const int Rounds = 200;

    public static TheoryData<PollerKind> Pollers => ServerBench.Pollers;

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task A_stalled_reader_ends_with_the_final_value_of_every_topic(PollerKind poller)
    {
        await using ServerBench bench = await Publish(poller, SlowConsumerPolicy.Latest);
        TestClient healthy = await bench.Connect();
        TestClient stalled = await bench.Connect(receiveBuffer: 4096);
        foreach (TestClient client in (TestClient[])[healthy, stalled])
        {
            client.Send("subscribe t/#\n");
            await client.ReadLinesTo("end t/#");
        }
        ConnectionSnapshot reader = (await bench.Server.GetConnectionsAsync(TestContext.Current.CancellationToken))
            .Single(snapshot => snapshot.Remote.Port == ((IPEndPoint)healthy.Socket.LocalEndPoint!).Port);
        Task<List<string>> all = healthy.ReadLinesTo("end done");
        await PublishRounds(bench, reader.Id);
        healthy.Send("subscribe done\n");
        List<string> seen = await all;
        Assert.Equal(Topics * Rounds, seen.Count(static line => line.StartsWith("t/", StringComparison.Ordinal)));

        stalled.Send("subscribe done\n");
        Dictionary<string, int> last = [];
        long missed = 0;
        for (int finals = 0; finals < Topics;)
        {
            string line = (await stalled.ReadLine("the final values"))!;
            if (!line.StartsWith("t/", StringComparison.Ordinal))
                continue;
            (string topic, int value) = Split(line);
            missed += value - last.GetValueOrDefault(topic) - 1;
            last[topic] = value;
            finals += value == Rounds ? 1 : 0;
        }
        Assert.True(missed > 0, "the reader was to be stalled, and missed nothing");
        Assert.All(last.Values, static value => Assert.Equal(Rounds, value));
        // The counters equal the gaps that it saw, per connection, per topic and in all.
        IReadOnlyList<ConnectionSnapshot> connections = await bench.Server.GetConnectionsAsync(
            TestContext.Current.CancellationToken);
        Assert.Equal(missed, connections.Max(static connection => connection.Conflated));
        Assert.Equal(missed, bench.Server.Snapshot().Conflated);
        Assert.Equal(missed, bench.Hub.FindTopics(TopicFilter.Parse("t/#")).Sum(static t => t.Deliveries.Conflated));
        Assert.Equal(0, connections.Min(static connection => connection.Conflated));
    }

    [Theory]
    [InlineData(SlowConsumerPolicy.DropOldest)]
    [InlineData(SlowConsumerPolicy.DropNewest)]
    public async Task Dropped_messages_are_told_and_counted(SlowConsumerPolicy policy)
    {
        await using ServerBench bench = await Publish(PollerKind.Automatic, policy);
        TestClient stalled = await bench.Connect(receiveBuffer: 4096);
        stalled.Send("subscribe t/#\n");
        await stalled.ReadLinesTo("end t/#");
        await PublishRounds(bench, keepUpWith: null);
        await Wait.Until(() => bench.Server.Snapshot().Pushed + bench.Server.Snapshot().Dropped >= Topics * Rounds,
            "the fan-out of all messages");
        stalled.Send("subscribe done\n");
        long received = 0;
        long told = 0;
        while (received + told < Topics * Rounds)
        {
            string line = (await stalled.ReadLine($"all messages; {received} came and {told} were told as lost"))!;
            if (line.StartsWith("t/", StringComparison.Ordinal))
                received++;
            else if (line.StartsWith("gap ", StringComparison.Ordinal))
                told += int.Parse(line.Split(' ')[2], CultureInfo.InvariantCulture);
        }
        Assert.Equal(Topics * Rounds, received + told);
        Assert.True(told > 0, "the reader was to lose something");
        Assert.Equal(told, bench.Server.Snapshot().Dropped);
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task A_snapshot_of_20_000_topics_is_complete_while_values_change(PollerKind poller)
    {
        const int Many = 20_000;
        await using ServerBench bench = await Publish(poller, SlowConsumerPolicy.Latest);
        for (int i = 0; i < Many; i++)
            bench.Hub.Publish($"many/{i}", "1"u8);
        TestClient client = await bench.Connect(receiveBuffer: 4096);
        client.Send("subscribe many/#\n");
        for (int i = 0; i < Many; i += 7)
            bench.Hub.Publish($"many/{i}", "2"u8);
        Dictionary<string, int> last = [];
        bool ended = false;
        while (!ended || last.Values.Count(static value => value == 2) < (Many + 6) / 7)
        {
            string line = (await client.ReadLine("the snapshot"))!;
            ended |= line == "end many/#";
            if (!line.StartsWith("many/", StringComparison.Ordinal))
                continue;
            (string topic, int value) = Split(line);
            int before = last.GetValueOrDefault(topic);
            Assert.True(value > before, $"{topic} had {before}, then {value}");
            last[topic] = value;
        }
        Assert.Equal(Many, last.Count);
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task One_a_group_and_all_are_reached(PollerKind poller)
    {
        await using ServerBench bench = await ServerBench.Start(poller, e => e
            .Framing(Lines.Utf8(maxBytes: 100))
            .OnMessageInline((connection, line) =>
            {
                if (line.ToString() == "join")
                    connection.Join("team");
                else
                    connection.Leave("team");
                connection.Send(connection.Id.ToString(CultureInfo.InvariantCulture));
            }));
        TestClient member = await bench.Connect();
        TestClient other = await bench.Connect();
        member.Send("join\n");
        other.Send("leave\n");
        long id = long.Parse((await member.ReadLine())!, CultureInfo.InvariantCulture);
        await other.ReadLine();
        Assert.Equal(1, bench.Server.SendToGroup("team", "to the team"u8).Matched);
        bench.Server.SendToAll("to all"u8);
        Assert.Equal(["to the team", "to all"], (await member.ReadLines(2)).OrderByDescending(static line => line));
        Assert.Equal("to all", await other.ReadLine());
        Assert.Equal(SendResult.Queued, bench.Server.Find(id)!.Send("to one"));
        Assert.Equal("to one", await member.ReadLine());
        Assert.Null(bench.Server.Find(id + (1L << 32))); // the next life of the slot
        member.Send("leave\n");
        await member.ReadLine();
        Assert.Equal(0, bench.Server.SendToGroup("team", "nobody"u8).Matched);
        Assert.Throws<ArgumentException>(() => bench.Server.SendToGroup("a+b", "x"u8));
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task The_answer_to_a_subscribe_is_as_true_off_the_loop_as_on_it(PollerKind poller)
    {
        await using ServerBench bench = await ServerBench.Start(poller, e => e
            .Framing(Lines.Utf8(maxBytes: 100))
            .Options(new EndpointOptions { MaxSubscriptions = 2 })
            .DeliverSnapshotEnd(static (filter, output) => Encoding.UTF8.GetBytes($"end {filter}", output))
            .OnMessageInline(static (connection, _) => connection.Send("done")));
        TestClient client = await bench.Connect();
        Connection connection = await bench.OnlyConnection();
        bench.Hub.Publish("a", "value of a"u8);
        TopicFilter a = TopicFilter.Parse("a"), b = TopicFilter.Parse("b"), c = TopicFilter.Parse("c");
        connection.Send("ahead of the snapshot");
        Assert.Equal(SubscribeResult.Subscribed, connection.Subscribe(a));
        Assert.Equal(SubscribeResult.AlreadySubscribed, connection.Subscribe(a));
        Assert.Equal(SubscribeResult.Subscribed, connection.Subscribe(b));
        Assert.Equal(SubscribeResult.TooMany, connection.Subscribe(c));
        List<string> lines = [.. await client.ReadLines(4)];
        Assert.Equal("ahead of the snapshot", lines[0]);
        Assert.Equal(["end a", "end b", "value of a"], lines[1..].Order());
        Assert.True(lines.IndexOf("value of a") < lines.IndexOf("end a"));
        Assert.Equal(SubscribeResult.AlreadySubscribed, connection.Subscribe(b));
        connection.Unsubscribe(b);
        connection.Unsubscribe(c);
        Assert.Equal(1, (await bench.Snapshot(connection.Id)).Subscriptions); // it has been to the loop and back
        Assert.Equal(SubscribeResult.Subscribed, connection.Subscribe(c));
        Assert.Equal("end c", await client.ReadLine());
        Assert.Equal(0, bench.Hub.Publish("b", "nobody"u8).Matched);
        Assert.Equal(1, bench.Hub.Publish("c", "one"u8).Matched);
        Assert.Equal("one", await client.ReadLine());
    }

    [Fact]
    public async Task What_is_asked_and_taken_back_before_the_loop_looks_leaves_nothing()
    {
        using var leave = new ManualResetEventSlim();
        await using ServerBench bench = await ServerBench.Start(PollerKind.Automatic, e => e
            .Framing(Lines.Utf8(maxBytes: 100))
            .Options(new EndpointOptions { MaxSubscriptions = 1 })
            .DeliverSnapshotEnd(static (filter, output) => Encoding.UTF8.GetBytes($"end {filter}", output))
            .OnMessageInline((_, _) => leave.Wait(Wait.Limit, TestContext.Current.CancellationToken)));
        TestClient client = await bench.Connect();
        Connection connection = await bench.OnlyConnection();
        TopicFilter a = TopicFilter.Parse("a"), b = TopicFilter.Parse("b");
        client.Send("hold\n");
        await Wait.Until(() => bench.Server.Snapshot().MessagesReceived == 1, "the handler that holds the loop");
        for (int i = 0; i < 1000; i++)
        {
            Assert.Equal(SubscribeResult.Subscribed, connection.Subscribe(a));
            Assert.Equal(SubscribeResult.TooMany, connection.Subscribe(b));
            connection.Unsubscribe(a);
        }
        Assert.Equal(SubscribeResult.Subscribed, connection.Subscribe(b));
        leave.Set();
        Assert.Equal("end b", await client.ReadLine());
        connection.Unsubscribe(b);
        connection.Unsubscribe(b);
        Assert.Equal(0, (await bench.Snapshot(connection.Id)).Subscriptions);
    }

    [Fact]
    public async Task A_writer_that_throws_costs_its_message_only()
    {
        await using ServerBench bench = await ServerBench.Start(PollerKind.Automatic, e => e
            .Framing(Lines.Utf8(maxBytes: 100))
            .Deliver(static (_, sequence, message, output) =>
            {
                if (sequence == 2)
                    throw new InvalidOperationException("on purpose");
                output.Write(message);
            })
            .DeliverSnapshotEnd(static (_, output) => output.Write("end"u8))
            .OnMessageInline(static (connection, _) => connection.Subscribe(TopicFilter.Parse("t"))));
        bench.ExpectedErrors.Add("delivery writer");
        TestClient client = await bench.Connect();
        client.Send("subscribe\n");
        await client.ReadLinesTo("end");
        foreach (string message in (string[])["one", "two", "three"])
            bench.Hub.Publish("t", Encoding.UTF8.GetBytes(message));
        Assert.Equal(["one", "three"], await client.ReadLines(2));
        Assert.Equal(1, bench.Server.Snapshot().Dropped);
    }

    [Fact]
    public async Task A_publisher_does_not_hear_itself()
    {
        Topic? chat = null;
        await using ServerBench bench = await ServerBench.Start(PollerKind.Automatic, e => e
            .Framing(Lines.Utf8(maxBytes: 100))
            .OnMessageInline((connection, line) =>
            {
                connection.Subscribe(TopicFilter.Parse("chat"));
                if (line.Span.StartsWith("say"u8))
                    connection.PublishToOthers(chat!, line.Span);
                connection.Send("ok");
            }));
        Assert.True(bench.Hub.TryGetTopic("chat", out chat, out _));
        TestClient one = await bench.Connect();
        TestClient two = await bench.Connect();
        one.Send("hello\n");
        two.Send("hello\n");
        await one.ReadLine();
        await two.ReadLine();
        one.Send("say hi\n");
        Assert.Equal("say hi", await two.ReadLine());
        two.Send("say ho\n");
        Assert.Equal("ok", await two.ReadLine());
        Assert.Equal(["ok", "say ho"], (await one.ReadLines(2)).Order());
    }

    private static Task<ServerBench> Publish(PollerKind poller, SlowConsumerPolicy policy) => ServerBench.Start(
        poller,
        e => e
            .Framing(Lines.Utf8(maxBytes: 4096))
            .Options(new EndpointOptions { OutboxBytes = 64 << 10, SlowConsumer = policy })
            .Deliver(static (topic, _, message, output) =>
            {
                Encoding.UTF8.GetBytes($"{topic.Name} ", output);
                output.Write(message);
            })
            .DeliverGap(static (topic, count, output) => Encoding.UTF8.GetBytes($"gap {topic.Name} {count}", output))
            .DeliverSnapshotEnd(static (filter, output) => Encoding.UTF8.GetBytes($"end {filter}", output))
            .OnMessageInline(static (connection, line) =>
                connection.Subscribe(TopicFilter.Parse(line.ToString().Split(' ')[1]))));

    /// <summary>
    /// Each topic counts from 1 to <see cref="Rounds"/>; padded, so that a stalled reader's outbox fills.
    /// </summary>
    private static async Task PublishRounds(ServerBench bench, long? keepUpWith)
    {
        string padding = new('x', 200);
        for (int round = 1; round <= Rounds; round++)
        {
            byte[] value = Encoding.UTF8.GetBytes($"{round} {padding}");
            for (int topic = 0; topic < Topics; topic++)
                Assert.Equal(round, bench.Hub.Publish($"t/{topic}", value).Sequence);
            // A round fits into an outbox: who has an empty one before each loses nothing.
            if (keepUpWith is { } id)
            {
                long due = (long)round * Topics;
                await Wait.Until(
                    async () => bench.Server.Snapshot().Pushed >= due && (await bench.Snapshot(id)).OutboxBytes == 0,
                    "the reader that keeps up");
            }
        }
    }

    private static (string Topic, int Value) Split(string line)
    {
        string[] words = line.Split(' ');
        return (words[0], int.Parse(words[1], CultureInfo.InvariantCulture));
    }
}
