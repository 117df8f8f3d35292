namespace Longwire.ServerTests;

/// <summary>Connections that belong to somebody: they are found, replaced, and leave nothing behind.</summary>
public sealed class UserTests
{
    public static TheoryData<PollerKind> Pollers => ServerBench.Pollers;

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task A_user_is_found_and_sent_to_until_the_connection_ends(PollerKind poller)
    {
        await using ServerBench bench = await Start(poller);
        TestClient ada = await bench.Connect();
        TestClient bob = await bench.Connect();
        Assert.Equal("SignedIn", await SignIn(ada, "ada"));
        Assert.Equal("SignedIn", await SignIn(bob, "bob"));
        Assert.Equal(1, bench.Server.SendToUser("ada", "for ada"u8));
        Assert.Equal(1, bench.Server.SendToUser("bob", "for bob"u8));
        Assert.Equal(0, bench.Server.SendToUser("eve", "for nobody"u8));
        Assert.Empty(bench.Server.FindUser("Ada")); // names are compared as they are
        Assert.Equal("for ada", await ada.ReadLine());
        Assert.Equal("for bob", await bob.ReadLine());

        Connection connection = Assert.Single(bench.Server.FindUser("ada"));
        Assert.Equal("ada", connection.User);
        Assert.Equal("ada", (await bench.Snapshot(connection.Id)).User);
        Task<CloseReason> closed = connection.Closed;
        ada.Finish();
        Assert.Equal(CloseReason.PeerClosed, await Wait.For(closed, "the end"));
        Assert.Empty(bench.Server.FindUser("ada"));
        Assert.Equal("ada", connection.User);
        Assert.Equal(SignInResult.Closed, connection.SignIn("ada"));
        Assert.Empty(bench.Server.FindUser("ada"));
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task Replaced_when_the_user_signs_in_again(PollerKind poller)
    {
        var events = new Events();
        await using ServerBench bench = await Start(poller, events);
        TestClient first = await bench.Connect();
        Assert.Equal("SignedIn", await SignIn(first, "ada"));
        Connection old = Assert.Single(bench.Server.FindUser("ada"));
        TestClient second = await bench.Connect();
        Assert.Equal("ReplacedAnother", await SignIn(second, "ada"));
        Assert.False(old.IsOpen);
        Assert.Equal(SignInResult.Closed, old.SignIn("ada")); // it cannot take the name back
        Assert.NotSame(old, Assert.Single(bench.Server.FindUser("ada")));
        Assert.Equal(1, bench.Server.SendToUser("ada", "for the newest"u8));
        Assert.Equal("for the newest", await second.ReadLine());

        Assert.Equal("", await first.ReadToEnd());
        first.Finish();
        Assert.Equal(CloseReason.Replaced, await Wait.For(old.Closed, "the end of the first"));
        await events.Until("ada closed Replaced, 1 left");
        second.Finish();
        await events.Until("ada closed PeerClosed, 0 left");
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task A_user_may_have_several_connections_up_to_the_limit(PollerKind poller)
    {
        await using ServerBench bench = await Start(
            poller, more: static o => o.Limits(new ServerLimits { MaxConnectionsPerUser = 2 }));
        TestClient[] clients = [await bench.Connect(), await bench.Connect(), await bench.Connect()];
        Assert.Equal("SignedIn", await SignIn(clients[0], "ada"));
        Assert.Equal("SignedIn", await SignIn(clients[1], "ada"));
        Assert.Equal(2, bench.Server.SendToUser("ada", "both"u8));
        Assert.Equal("both", await clients[0].ReadLine());
        Assert.Equal("both", await clients[1].ReadLine());
        IReadOnlyList<Connection> before = bench.Server.FindUser("ada");
        Assert.Equal("ReplacedAnother", await SignIn(clients[2], "ada"));
        Assert.Equal("", await clients[0].ReadToEnd()); // the oldest
        IReadOnlyList<Connection> after = bench.Server.FindUser("ada");
        Assert.Equal(2, before.Count); // a list that was given out does not change
        Assert.Equal(2, after.Count);
        Assert.Same(before[1], after[0]);
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task One_that_is_closing_takes_no_place(PollerKind poller)
    {
        await using ServerBench bench = await Start(
            poller, more: static o => o.Limits(new ServerLimits { MaxConnectionsPerUser = 2 }));
        TestClient oldest = await bench.Connect();
        TestClient closing = await bench.Connect();
        TestClient newest = await bench.Connect();
        Assert.Equal("SignedIn", await SignIn(oldest, "ada"));
        Assert.Equal("SignedIn", await SignIn(closing, "ada"));
        _ = bench.Server.FindUser("ada")[1].CloseAsync();
        Assert.Equal("SignedIn", await SignIn(newest, "ada"));
        Assert.Equal(2, bench.Server.SendToUser("ada", "still here"u8));
        Assert.Equal("still here", await oldest.ReadLine());
        Assert.Equal("still here", await newest.ReadLine());
    }

    [Fact]
    public async Task Signing_in_again_is_nothing_new_and_by_another_name_a_move()
    {
        await using ServerBench bench = await Start(PollerKind.Automatic);
        TestClient client = await bench.Connect();
        Connection connection = await bench.OnlyConnection();
        Assert.Null(connection.User);
        Assert.Equal(SignInResult.SignedIn, connection.SignIn("ada"));
        Assert.Equal(SignInResult.SignedIn, connection.SignIn("ada"));
        Assert.Same(connection, Assert.Single(bench.Server.FindUser("ada")));
        Assert.Equal("SignedIn", await SignIn(client, "bob"));
        Assert.Empty(bench.Server.FindUser("ada"));
        Assert.Same(connection, Assert.Single(bench.Server.FindUser("bob")));
        Assert.Equal("bob", connection.User);
    }

    [Fact]
    public async Task A_name_is_neither_empty_nor_too_long()
    {
        await using ServerBench bench = await Start(PollerKind.Automatic);
        await bench.Connect();
        Connection connection = await bench.OnlyConnection();
        Assert.Throws<ArgumentException>(() => connection.SignIn(""));
        ArgumentException refused =
            Assert.Throws<ArgumentException>(() => connection.SignIn(new string('x', Connection.MaxUserLength + 1)));
        Assert.Contains("256", refused.Message, StringComparison.Ordinal);
        Assert.Equal(SignInResult.SignedIn, connection.SignIn(new string('x', Connection.MaxUserLength)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1001)]
    public void The_limit_says_what_it_must_be(int most)
    {
        ArgumentException refused = Assert.Throws<ArgumentException>(() => TcpServer.Create(o => o
            .Limits(new ServerLimits { MaxConnectionsPerUser = most })
            .Listen("tcp://127.0.0.1:0", static e => e.Framing(Lines.Utf8(maxBytes: 100)))));
        Assert.Equal("ServerLimits.MaxConnectionsPerUser must be 1 to 1000.", refused.Message);
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task A_sign_in_that_meets_the_end_leaves_nothing(PollerKind poller)
    {
        await using ServerBench bench = await Start(poller);
        for (int i = 0; i < 200; i++)
        {
            TestClient client = await TestClient.Connect(bench.Address);
            Connection connection = await bench.OnlyConnection();
            Task<CloseReason>? closed = i % 2 == 0 ? connection.Closed : null; // half of them have extras before
            using var start = new Barrier(2);
            CancellationToken cancellation = TestContext.Current.CancellationToken;
            Task signedIn = Task.Run(
                () =>
                {
                    start.SignalAndWait(Wait.Limit, cancellation);
                    connection.SignIn("ada");
                },
                cancellation);
            start.SignalAndWait(Wait.Limit, cancellation);
            client.Reset();
            await Wait.For(signedIn, "the sign-in");
            await Wait.For(closed ?? connection.Closed, "the end");
            await Wait.Until(() => bench.Server.ConnectionCount == 0, "the place to be free");
            Assert.Empty(bench.Server.FindUser("ada"));
        }
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task Of_many_logins_at_one_time_one_is_left(PollerKind poller)
    {
        const int Devices = 5;
        const int Logins = 20;
        await using ServerBench bench = await Start(poller);
        for (int i = 0; i < Devices * Logins; i++)
            (await bench.Connect()).Send($"login device-{i % Devices}\n");
        await Wait.Until(() => bench.Server.Snapshot().MessagesReceived == Devices * Logins, "all logins");
        // The replaced ones have sent no FIN: they linger until then, but nobody finds them.
        await Wait.Until(
            async () => (await bench.Server.GetConnectionsAsync(TestContext.Current.CancellationToken))
                .Count(one => bench.Server.Find(one.Id) is { IsOpen: true, User: not null }) == Devices,
            "one open connection of each device");
        for (int i = 0; i < Devices; i++)
            Assert.True(Assert.Single(bench.Server.FindUser($"device-{i}")).IsOpen);
        Assert.Equal(Devices, bench.Server.Users.Count);
    }

    private static async Task<string?> SignIn(TestClient client, string user)
    {
        client.Send($"login {user}\n");
        return await client.ReadLine($"the answer to the login of {user}");
    }

    private static Task<ServerBench> Start(
        PollerKind poller, Events? events = null, Action<TcpServerBuilder>? more = null)
    {
        return ServerBench.Start(
            poller,
            e => e.Framing(Lines.Utf8(maxBytes: 1000))
                .OnMessage((connection, line) =>
                {
                    string user = line.ToString()["login ".Length..];
                    connection.Send(connection.SignIn(user).ToString());
                })
                .OnClosed((connection, reason) => events?.Add(
                    $"{connection.User} closed {reason}, {connection.Server.FindUser(connection.User!).Count} left")),
            more);
    }
}
