using System.Text.Json;
using Longwire.Protocols.Feed;

namespace Longwire.FeedTests;

/// <summary>What no client should send: it is told which field, and nobody else notices.</summary>
public sealed class BadInputTests
{
    public static TheoryData<PollerKind> Pollers => FeedBench.Pollers;

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task Every_malformed_vector_is_answered_with_its_error(PollerKind poller)
    {
        await using FeedBench bench = await FeedBench.Start(poller);
        FeedPeer other = await bench.Connect();
        other.Subscribe("a");
        await other.Expect(FeedType.SnapshotEnd);
        string vectors = await File.ReadAllTextAsync(Paths.Vectors, TestContext.Current.CancellationToken);
        foreach (JsonElement vector in JsonDocument.Parse(vectors).RootElement
            .GetProperty("malformed").EnumerateArray())
        {
            byte[] message = Convert.FromHexString(
                vector.GetProperty("hex").GetString()!.Replace(" ", "", StringComparison.Ordinal));
            if (vector.GetProperty("direction").GetString() != "to server")
                continue;
            bool isHello = FeedProtocol.TypeOf(message) == FeedType.Hello;
            using FeedPeer peer = isHello ? await bench.Dial() : await bench.Connect();
            peer.SendRaw(message);
            var code = (FeedErrorCode)vector.GetProperty("code").GetInt32();
            await peer.ExpectError(0, code, vector.GetProperty("field").GetString()!);
            if ((int)code < 16)
                await peer.ExpectEnd();
            else
                await peer.ExpectPong();
        }
        bench.Hub.Publish("a", "still here"u8);
        Assert.Equal("a 1 still here", await other.ExpectValue());
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task Hello_comes_first_and_once(PollerKind poller)
    {
        await using FeedBench bench = await FeedBench.Start(poller);
        FeedPeer early = await bench.Dial();
        early.Subscribe("a");
        early.Subscribe("b"); // is not looked at any more
        await early.ExpectError(0, FeedErrorCode.OutOfPlace, "type");
        await early.ExpectEnd();
        FeedPeer twice = await bench.Connect();
        twice.Send(static output => FeedHello.Write(output, 1, FeedFeatures.None, 0, 0, TimeSpan.Zero, "test"));
        await twice.ExpectError(0, FeedErrorCode.OutOfPlace, "type");
        await twice.ExpectEnd();
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task Version_0_is_spoken_by_nobody(PollerKind poller)
    {
        await using FeedBench bench = await FeedBench.Start(poller);
        FeedPeer peer = await bench.Dial();
        peer.Send(static output => FeedHello.Write(output, 0, FeedFeatures.None, 0, 0, TimeSpan.Zero, "test"));
        await peer.ExpectError(0, FeedErrorCode.UnsupportedVersion, "version");
        await peer.ExpectEnd();
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task What_goes_to_clients_is_refused_by_a_server(PollerKind poller)
    {
        await using FeedBench bench = await FeedBench.Start(poller);
        FeedPeer peer = await bench.Connect();
        peer.Send(static output => FeedValue.Write(output, 1, "a", "x"u8));
        await peer.ExpectError(0, FeedErrorCode.UnknownType, "type");
        peer.Send(static output => FeedPong.Write(output, 5)); // without a PING: no error
        await peer.ExpectPong();
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task A_message_over_the_limit_ends_its_connection_only(PollerKind poller)
    {
        await using FeedBench bench = await FeedBench.Start(poller, static feed => feed
            .Limits(new FeedLimits { MaxMessageBytes = 4096 }));
        FeedPeer other = await bench.Connect();
        FeedPeer peer = await bench.Connect();
        peer.SendBytes([0x00, 0x00, 0x10, 0x01]); // 4,097 are announced
        await peer.ExpectEnd();
        await other.ExpectPong();
    }

    [Fact]
    public void Limits_out_of_range_are_named()
    {
        var builders = new FeedLimits[]
        {
            new() { MaxMessageBytes = 10 }, new() { LoginTimeout = TimeSpan.Zero }, new() { MaxFailedLogins = 0 },
            new() { CommandDeadline = TimeSpan.Zero }, new() { WaitingRequests = 0 },
            new() { WaitingRequestBytes = 0 }, new() { RetryAfter = TimeSpan.FromTicks(-1) },
            new() { RetryJitter = TimeSpan.FromDays(50) }, new() { SentCommands = 0 },
        };
        foreach (FeedLimits limits in builders)
        {
            ArgumentException wrong = Assert.Throws<ArgumentException>(() => Create(feed => feed.Limits(limits)));
            Assert.StartsWith("FeedLimits.", wrong.Message, StringComparison.Ordinal);
        }

        static TcpServer Create(Action<FeedBuilder> feed) =>
            TcpServer.Create(o => o.Listen("tcp://127.0.0.1:0", endpoint => endpoint.UseFeed(feed)));
    }
}
