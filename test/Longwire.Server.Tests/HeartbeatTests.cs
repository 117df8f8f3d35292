using Longwire.Testing;

namespace Longwire.ServerTests;

/// <summary>Heartbeats in virtual time: the loops run for real and see a clock that the test moves.</summary>
public sealed class HeartbeatTests
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(30);

    public static TheoryData<PollerKind> Pollers => ServerBench.Pollers;

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task A_heartbeat_leaves_in_every_interval_in_which_nothing_else_did(PollerKind poller)
    {
        var time = new VirtualTime();
        await using ServerBench bench = await ServerBench.Start(
            poller,
            e => e
                .Framing(Lines.Utf8(maxBytes: 100))
                .Options(new EndpointOptions { HeartbeatInterval = s_interval })
                .Heartbeat("beat"u8)
                .OnMessageInline(static (connection, line) => connection.Send(line.Span)),
            o => o.Time(time));
        TestClient client = await bench.Connect();
        Connection connection = await bench.OnlyConnection();
        for (int beat = 0; beat < 3; beat++)
        {
            await PassInterval();
            Assert.Equal("beat", await client.ReadLine($"heartbeat {beat}"));
        }
        client.Send("said\n");
        Assert.Equal("said", await client.ReadLine());
        await PassInterval(); // something else left in it
        await PassInterval();
        connection.Send("end");
        Assert.Equal(["beat", "end"], await client.ReadLines(2));

        async Task PassInterval()
        {
            time.Advance(s_interval + TimeSpan.FromMilliseconds(100));
            await bench.Snapshot(connection.Id); // a post: the loop looks at the clock and its timers
            await bench.Snapshot(connection.Id); // and has run them when it comes to the second one
        }
    }
}
