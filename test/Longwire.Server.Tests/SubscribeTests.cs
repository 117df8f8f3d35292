using System.Buffers;

namespace Longwire.ServerTests;

/// <summary>Subscribing from other threads while the loop is at it.</summary>
public sealed class SubscribeTests
{
    [Fact]
    public async Task What_is_taken_back_while_the_loop_carries_it_out_is_taken_back()
    {
        TopicFilter filter = TopicFilter.Parse("event");
        using var leave = new ManualResetEventSlim();
        Connection? late = null;
        SubscribeResult? again = null;
        await using ServerBench bench = await ServerBench.Start(
            PollerKind.Automatic,
            e => e
                .Framing(Lines.Utf8(maxBytes: 100))
                // The loop brings others up to date before it subscribes somebody: here it is in the middle of that.
                .Deliver((_, _, message, output) =>
                {
                    output.Write(message);
                    var elsewhere = new Thread(() =>
                    {
                        again = late!.Subscribe(filter);
                        late.Unsubscribe(filter);
                    });
                    elsewhere.Start();
                    elsewhere.Join();
                })
                .OnMessageInline((connection, line) =>
                {
                    if (line.ToString() == "hold")
                        leave.Wait(Wait.Limit, TestContext.Current.CancellationToken);
                    else
                        connection.Subscribe(filter);
                    connection.Send("done");
                }),
            o => o.Loops(1).Hub(new HubOptions
            {
                Topics = [(filter, new TopicOptions { Retention = Retention.None })],
            }));
        Assert.True(bench.Hub.TryGetTopic("event", out Topic? topic, out _));
        TestClient second = await bench.Connect();
        late = await bench.OnlyConnection();
        TestClient first = await bench.Connect();
        first.Send("subscribe\n");
        Assert.Equal("done", await first.ReadLine());
        first.Send("hold\n");
        await Wait.Until(() => bench.Server.Snapshot().MessagesReceived == 2, "the handler that holds the loop");
        Assert.Equal(SubscribeResult.Subscribed, late.Subscribe(filter));
        topic.Publish("news"u8); // its token is behind the subscribe in the loop's inbox
        leave.Set();
        Assert.Equal(["done", "news"], await first.ReadLines(2));
        Assert.Equal(SubscribeResult.AlreadySubscribed, again);
        await Wait.Until(async () => (await bench.Snapshot(late.Id)).Subscriptions == 0, "the unsubscribe");
        Assert.Equal(1, topic.Publish("more"u8).Matched);
        Assert.Equal("more", await first.ReadLine());
        second.Send("subscribe\n");
        Assert.Equal("done", await second.ReadLine());
    }
}
