using System.Text;
using Longwire.Protocols.Feed;
using Longwire.ServerTests;

namespace Longwire.FeedTests;

/// <summary>Commands that the server sends to a client.</summary>
public sealed class ServerCommandTests
{
    private static readonly TimeSpan s_long = TimeSpan.FromSeconds(30);

    public static TheoryData<PollerKind> Pollers => FeedBench.Pollers;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task A_client_s_answer_comes_back_to_who_asked(PollerKind poller)
    {
        await using Asked asked = await Asked.Start(poller);
        Task<ReadOnlyMemory<byte>> first =
            asked.Connection.RequestAsync("sum", "1 2"u8.ToArray(), s_long, Cancellation);
        Task<ReadOnlyMemory<byte>> second =
            asked.Connection.RequestAsync("sum", "3 4"u8.ToArray(), s_long, Cancellation);
        IReadOnlyDictionary<string, string> one = await asked.Peer.Expect(FeedType.Command);
        IReadOnlyDictionary<string, string> two = await asked.Peer.Expect(FeedType.Command);
        Assert.Equal(("sum", "30000"), (one["name"], one["deadline"]));
        asked.Peer.Send(output => FeedReply.Write(output, uint.Parse(two["id"], null), "7"u8));
        asked.Peer.Send(output => FeedReply.Write(output, uint.Parse(one["id"], null), "3"u8));
        Assert.Equal("3", Encoding.UTF8.GetString((await Wait.For(first, "the first answer")).Span));
        Assert.Equal("7", Encoding.UTF8.GetString((await Wait.For(second, "the second answer")).Span));
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task A_client_s_refusal_is_an_exception(PollerKind poller)
    {
        await using Asked asked = await Asked.Start(poller);
        Task<ReadOnlyMemory<byte>> refused = asked.Connection.RequestAsync("reboot", default, s_long, Cancellation);
        uint id = uint.Parse((await asked.Peer.Expect(FeedType.Command))["id"], null);
        asked.Peer.Send(output => FeedError.Write(output, id + 1, FeedErrorCode.CommandFailed, "name", "whatever"));
        asked.Peer.Send(output => FeedError.Write(output, id, FeedErrorCode.UnknownCommand, "name", "never heard"));
        FeedException error = await Assert.ThrowsAsync<FeedException>(() => Wait.For(refused, "the refusal"));
        Assert.Equal((FeedErrorCode.UnknownCommand, "name", "never heard"), (error.Code, error.Field, error.Message));
        await asked.Peer.ExpectPong();
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task Without_an_answer_the_deadline_ends_the_wait_on_either_side(PollerKind poller)
    {
        await using Asked asked = await Asked.Start(poller);
        TimeoutException late = await Assert.ThrowsAsync<TimeoutException>(
            () => asked.Connection.RequestAsync("sleep", default, TimeSpan.FromMilliseconds(20), Cancellation));
        Assert.Contains("the command sleep", late.Message, StringComparison.Ordinal);
        await asked.Peer.Expect(FeedType.Command);
        Task<ReadOnlyMemory<byte>> other = asked.Connection.RequestAsync("sleep", default, s_long, Cancellation);
        uint id = uint.Parse((await asked.Peer.Expect(FeedType.Command))["id"], null);
        asked.Peer.Send(output => FeedError.Write(output, id, FeedErrorCode.DeadlineExceeded, "deadline", "too slow"));
        await Assert.ThrowsAsync<TimeoutException>(() => other); // within its 30 s
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task What_waits_when_the_connection_ends_is_told(PollerKind poller)
    {
        await using Asked asked = await Asked.Start(poller);
        Task<ReadOnlyMemory<byte>> waiting = asked.Connection.RequestAsync("sleep", default, s_long, Cancellation);
        await asked.Peer.Expect(FeedType.Command);
        asked.Peer.Dispose();
        IOException lost = await Assert.ThrowsAsync<IOException>(() => Wait.For(waiting, "the end"));
        Assert.Contains("may or may not", lost.Message, StringComparison.Ordinal);
        IOException late = await Assert.ThrowsAsync<IOException>(
            () => asked.Connection.RequestAsync("sleep", default, s_long, Cancellation));
        Assert.Contains("was not sent", late.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task No_more_wait_than_may(PollerKind poller)
    {
        await using Asked asked = await Asked.Start(
            poller, static feed => feed.Limits(new FeedLimits { SentCommands = 1, MaxMessageBytes = 4096 }));
        FeedException large = await Assert.ThrowsAsync<FeedException>(
            () => asked.Connection.RequestAsync("large", new byte[4096], s_long, Cancellation));
        Assert.Equal(FeedErrorCode.TooLarge, large.Code);
        using var enough = new CancellationTokenSource();
        Task<ReadOnlyMemory<byte>> first = asked.Connection.RequestAsync("a", default, s_long, enough.Token);
        FeedException full = await Assert.ThrowsAsync<FeedException>(
            () => asked.Connection.RequestAsync("b", default, s_long, Cancellation));
        Assert.Equal(FeedErrorCode.LimitReached, full.Code);
        await enough.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Wait.For(first, "the cancellation"));
        _ = asked.Connection.RequestAsync("c", default, s_long, Cancellation).Exception;
        Assert.Equal("a", (await asked.Peer.Expect(FeedType.Command))["name"]);
        Assert.Equal("c", (await asked.Peer.Expect(FeedType.Command))["name"]);
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task Who_does_not_say_that_it_takes_commands_gets_none(PollerKind poller)
    {
        await using Asked asked = await Asked.Start(poller, features: FeedFeatures.None);
        FeedException none = await Assert.ThrowsAsync<FeedException>(
            () => asked.Connection.RequestAsync("a", default, s_long, Cancellation));
        Assert.Equal(FeedErrorCode.UnknownCommand, none.Code);
        await asked.Peer.ExpectPong();
    }

    private sealed class Asked(FeedBench bench, FeedPeer peer, Connection<FeedSession> connection) : IAsyncDisposable
    {
        internal FeedPeer Peer => peer;

        internal Connection<FeedSession> Connection => connection;

        internal static async Task<Asked> Start(
            PollerKind poller, Action<FeedBuilder>? feed = null, FeedFeatures features = FeedFeatures.Commands)
        {
            FeedBench bench = await FeedBench.Start(poller, feed);
            FeedPeer peer = await bench.Dial();
            peer.Send(output => FeedHello.Write(output, 1, features, 0, 0, TimeSpan.Zero, "test"));
            await peer.Expect(FeedType.Hello);
            long id = (await bench.Server.GetConnectionsAsync(Cancellation)).Single().Id;
            return new Asked(bench, peer, (Connection<FeedSession>)bench.Server.Find(id)!);
        }

        public ValueTask DisposeAsync() => bench.DisposeAsync();
    }
}
