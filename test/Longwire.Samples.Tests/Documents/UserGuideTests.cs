using System.Globalization;
using System.Net;
using System.Text;
using Longwire.FeedTests;
using Longwire.Protocols.Feed;
using Longwire.ServerTests;
using Longwire.Transport;

namespace Longwire.Samples.Tests.Documents;

/// <summary>What <c>docs/guides/users.md</c> says of Feed: its login makes a user, who is asked and answers.</summary>
public sealed class UserGuideTests
{
    public static TheoryData<PollerKind> Pollers => EveryPoller.Kinds;

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task A_feed_client_that_logs_in_is_found_and_asked(PollerKind poller)
    {
        await using TcpServer server = TcpServer.Create(o => o
            .Poller(poller)
            .Listen("tcp://127.0.0.1:0", static e => e
                .UseFeed(static feed => feed.Authenticate(static (connection, user, secret) =>
                {
                    bool isRight = secret == $"key-of-{user}";
                    if (isRight)
                        connection.SignIn(user);
                    return ValueTask.FromResult(isRight);
                }))));
        await server.StartAsync(TestContext.Current.CancellationToken);
        using FeedPeer peer = await FeedPeer.Dial((IPEndPoint)ListenAddress.Parse(server.Addresses[0]).EndPoint);
        peer.Send(static output => FeedHello.Write(output, 1, FeedFeatures.Commands, 0, 0, TimeSpan.Zero, "test"));
        await peer.Expect(FeedType.Hello);
        peer.LogIn(2, "device-17", "wrong");
        await peer.ExpectError(2, FeedErrorCode.Denied, "secret");
        Assert.Empty(server.FindUser("device-17"));
        peer.LogIn(3, "device-17", "key-of-device-17");
        await peer.ExpectDone(3);

        var device = Assert.IsType<Connection<FeedSession>>(Assert.Single(server.FindUser("device-17")));
        Task<ReadOnlyMemory<byte>> reply = device.RequestAsync(
            "report", "all"u8.ToArray(), Wait.Limit, TestContext.Current.CancellationToken);
        IReadOnlyDictionary<string, string> command = await peer.Expect(FeedType.Command);
        Assert.Equal("report", command["name"]);
        uint id = uint.Parse(command["id"], CultureInfo.InvariantCulture);
        peer.Send(output => FeedReply.Write(output, id, "fine"u8));
        Assert.Equal("fine", Encoding.UTF8.GetString((await Wait.For(reply, "the reply")).Span));
    }
}
