using System.Buffers;
using System.Globalization;
using System.Text;

namespace Longwire.ServerTests;

/// <summary>The process's budget for outboxes, when it is spent.</summary>
public sealed class BudgetTests
{
    private const int Topics = 400;

    public static TheoryData<PollerKind> Pollers => ServerBench.Pollers;

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task A_reader_that_wakes_up_to_more_than_the_whole_budget_gets_the_final_values(PollerKind poller)
    {
        await using ServerBench bench = await ServerBench.Start(
            poller,
            e => e
                .Framing(Lines.Utf8(maxBytes: 4096))
                .Options(new EndpointOptions { OutboxBytes = 1 << 20, SlowConsumer = SlowConsumerPolicy.Latest })
                .DeliverSnapshotEnd(static (_, output) => output.Write("live"u8))
                .OnMessageInline(static (connection, line) =>
                {
                    if (line.ToString() == "all")
                        connection.Subscribe(TopicFilter.Parse("#"));
                    else
                        connection.Send("pong");
                }),
            o => o.Loops(1).Limits(new ServerLimits { OutboxBudgetBytes = OutboxBudget.ChunkBytes }));
        TestClient reader = await bench.Connect(receiveBuffer: 4096);
        reader.Send("all\n");
        await reader.ReadLinesTo("live");
        string padding = new('x', 1000);
        const int Rounds = 6; // more than the kernel's buffers hold
        for (int round = 1; round <= Rounds; round++)
        {
            for (int topic = 0; topic < Topics; topic++)
                bench.Hub.Publish($"t/{topic}", Encoding.UTF8.GetBytes($"{topic} {round} {padding}"));
        }
        await Wait.Until(() => bench.Server.Snapshot().Conflated > 0, "conflation");
        // Messages from the peer are turns, too, and the loop must come back from each of them.
        reader.Send("ping\n");
        var last = new int[Topics];
        while (last.Any(static round => round < Rounds))
        {
            string[] words = (await reader.ReadLine("the final value of each topic"))!.Split(' ');
            if (words.Length == 3)
                last[Number(words[0])] = Number(words[1]);
        }
        TestClient other = await bench.Connect();
        other.Send("ping\n");
        Assert.Equal("pong", await other.ReadLine());

        static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
    }
}
