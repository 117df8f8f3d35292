using System.Buffers;
using System.Globalization;
using System.Text;

namespace Longwire.ServerTests;

/// <summary>A client that comes back goes on where it was, whatever its outbox holds.</summary>
public sealed class ResumeTests
{
    private const int History = 4000;

    public static TheoryData<PollerKind> Pollers => ServerBench.Pollers;

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task All_that_was_missed_comes_under_every_policy_through_a_small_outbox(PollerKind poller)
    {
        foreach (SlowConsumerPolicy policy in Enum.GetValues<SlowConsumerPolicy>())
        {
            await using ServerBench bench = await Start(poller, policy);
            for (int i = 1; i <= History; i++)
                bench.Hub.Publish("t", Text(i));
            TestClient client = await bench.Connect(receiveBuffer: 4096);
            Connection connection = await bench.OnlyConnection();
            Assert.Equal(SubscribeResult.Subscribed, connection.Subscribe(TopicFilter.Parse("t"), After(bench, 100)));
            List<string> lines = await client.ReadLinesTo("end t");
            Assert.Equal(Enumerable.Range(101, History - 100).Select(Line), lines);
            bench.Hub.Publish("t", Text(History + 1));
            Assert.Equal(Line(History + 1), await client.ReadLine());
            DeliveryCounts counts = bench.Hub.FindTopic("t")!.Deliveries;
            Assert.Equal((0, 0), (counts.Dropped, counts.Conflated));
        }
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task What_is_there_no_more_is_told_ahead_of_what_follows_and_counted(PollerKind poller)
    {
        await using ServerBench bench = await Start(poller, SlowConsumerPolicy.DropOldest);
        for (int i = 1; i <= History + 50; i++)
            bench.Hub.Publish("t", Text(i));
        TestClient client = await bench.Connect();
        Connection connection = await bench.OnlyConnection();
        connection.Subscribe(TopicFilter.Parse("#"), After(bench, 20));
        List<string> lines = await client.ReadLinesTo("end #");
        Assert.Equal("gap 30", lines[0]);
        Assert.Equal(Enumerable.Range(51, History).Select(Line), lines.Skip(1));
        Assert.Equal(30, bench.Hub.FindTopic("t")!.Deliveries.Dropped);
        Assert.Equal(30, bench.Server.Snapshot().Dropped);
    }

    [Fact]
    public async Task Another_epoch_is_the_ordinary_snapshot()
    {
        await using ServerBench bench = await Start(PollerKind.Automatic, SlowConsumerPolicy.Latest);
        for (int i = 1; i <= 10; i++)
            bench.Hub.Publish("t", Text(i));
        TestClient client = await bench.Connect();
        Connection connection = await bench.OnlyConnection();
        connection.Subscribe(TopicFilter.Parse("t"), After(bench, 2) with { Epoch = bench.Hub.Epoch + 1 });
        Assert.Equal([Line(10), "end t"], await client.ReadLines(2));
    }

    private static Task<ServerBench> Start(PollerKind poller, SlowConsumerPolicy policy) => ServerBench.Start(
        poller,
        e => e
            .Framing(Lines.Utf8(maxBytes: 200))
            .Options(new EndpointOptions { OutboxBytes = 8 << 10, SlowConsumer = policy })
            .Deliver(static (_, _, message, output) => output.Write(message))
            .DeliverGap(static (_, count, output) => Encoding.UTF8.GetBytes($"gap {count}", output))
            .DeliverSnapshotEnd(static (filter, output) => Encoding.UTF8.GetBytes($"end {filter}", output))
            .OnMessageInline(static (_, _) => { }),
        o => o.Hub(new HubOptions
        {
            Topics = [(TopicFilter.Parse("t"), new TopicOptions { HistoryEntries = History, WindowBytes = 64 << 20 })],
        }));

    private static SubscribeOptions After(ServerBench bench, long sequence) =>
        new() { Epoch = bench.Hub.Epoch, Positions = [new TopicPosition("t", sequence)] };

    private static string Line(int number) =>
        number.ToString(CultureInfo.InvariantCulture).PadRight(100, '.');

    private static byte[] Text(int number) => Encoding.UTF8.GetBytes(Line(number));
}
