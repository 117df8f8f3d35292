using Longwire.Protocols.Feed;
using Longwire.ServerTests;

namespace Longwire.FeedTests;

/// <summary>Logins and commands: in order, with a deadline, and without harm to anything else.</summary>
public sealed class RequestTests
{
    public static TheoryData<PollerKind> Pollers => FeedBench.Pollers;

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task Commands_are_answered_in_order(PollerKind poller)
    {
        await using FeedBench bench = await FeedBench.Start(poller, static feed => feed.OnCommand(Answer));
        FeedPeer peer = await bench.Connect();
        for (uint id = 1; id <= 10; id++)
            peer.Command(id, "echo", $"text {id}");
        for (uint id = 1; id <= 10; id++)
            Assert.Equal($"text {id}", await peer.ExpectReply(id));
        peer.Command(11, "nonsense");
        await peer.ExpectError(11, FeedErrorCode.UnknownCommand, "name");
        peer.Command(12, "fail");
        Assert.Equal("no paper", await peer.ExpectError(12, FeedErrorCode.CommandFailed, "name"));
        peer.Command(13, "long-winded");
        Assert.InRange((await peer.ExpectError(13, FeedErrorCode.CommandFailed, "name")).Length, 100, 1024);

        static async ValueTask<FeedAnswer> Answer(Connection<FeedSession> connection, FeedRequest command)
        {
            await Task.Yield();
            return command.Name switch
            {
                "echo" => command.Text,
                "fail" => FeedAnswer.Failed("no paper"),
                "long-winded" => FeedAnswer.Failed(new string('x', 5000)),
                _ => FeedAnswer.Unknown,
            };
        }
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task Without_a_handler_no_command_is_known(PollerKind poller)
    {
        await using FeedBench bench = await FeedBench.Start(poller);
        FeedPeer peer = await bench.Connect();
        peer.Command(1, "echo");
        await peer.ExpectError(1, FeedErrorCode.UnknownCommand, "name");
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task A_slow_command_delays_no_ping_and_no_value_and_meets_its_deadline(PollerKind poller)
    {
        var ended = new TaskCompletionSource();
        await using FeedBench bench = await FeedBench.Start(poller, feed => feed.OnCommand(async (_, command) =>
        {
            if (command.Name == "next")
                return ended.Task.IsCompleted ? "after it" : "before it";
            await Wait.For(command.Cancellation.WhenCancelled(), "the deadline");
            ended.SetResult();
            return "too late";
        }));
        FeedPeer peer = await bench.Connect();
        peer.Command(1, "slow", deadline: TimeSpan.FromMilliseconds(300));
        peer.Command(2, "next");
        await peer.ExpectPong();
        peer.Subscribe("a");
        await peer.Expect(FeedType.SnapshotEnd);
        await peer.ExpectError(1, FeedErrorCode.DeadlineExceeded, "deadline");
        Assert.Equal("after it", await peer.ExpectReply(2));
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task A_command_whose_deadline_passes_while_it_waits_is_not_run(PollerKind poller)
    {
        var release = new TaskCompletionSource();
        var ran = new List<string>();
        await using FeedBench bench = await FeedBench.Start(poller, feed => feed.OnCommand(async (_, command) =>
        {
            ran.Add(command.Name);
            await release.Task;
            return "";
        }));
        FeedPeer peer = await bench.Connect();
        peer.Command(1, "first");
        peer.Command(2, "second", deadline: TimeSpan.FromMilliseconds(1));
        await peer.ExpectError(2, FeedErrorCode.DeadlineExceeded, "deadline"); // the first still runs
        release.SetResult();
        await peer.ExpectReply(1);
        peer.Command(3, "third");
        await peer.ExpectReply(3);
        Assert.Equal(["first", "third"], ran);
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task Behind_a_handler_that_hangs_each_command_is_refused_at_its_deadline(PollerKind poller)
    {
        var release = new TaskCompletionSource();
        await using FeedBench bench = await FeedBench.Start(poller, feed => feed.OnCommand(async (_, _) =>
        {
            await release.Task; // does not look at its token
            return "";
        }));
        FeedPeer peer = await bench.Connect();
        try
        {
            peer.Command(1, "hung", deadline: TimeSpan.FromMilliseconds(50));
            await peer.ExpectError(1, FeedErrorCode.DeadlineExceeded, "deadline");
            peer.Command(2, "behind it", deadline: TimeSpan.FromMilliseconds(50));
            await peer.ExpectError(2, FeedErrorCode.DeadlineExceeded, "deadline");
        }
        finally
        {
            release.SetResult();
        }
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task More_commands_than_may_wait_are_refused(PollerKind poller)
    {
        var release = new TaskCompletionSource();
        var started = new TaskCompletionSource();
        await using FeedBench bench = await FeedBench.Start(poller, feed => feed
            .Limits(new FeedLimits { WaitingRequests = 2, WaitingRequestBytes = 10 })
            .OnCommand(async (_, command) =>
            {
                started.TrySetResult();
                await release.Task;
                return command.Text;
            }));
        FeedPeer peer = await bench.Connect();
        peer.Command(1, "run");
        await Wait.For(started.Task, "the first command");
        peer.Command(2, "wait", "012345678901234567890");
        peer.Command(3, "wait", "x");
        await peer.ExpectError(3, FeedErrorCode.LimitReached, "id"); // bytes
        release.SetResult();
        await peer.ExpectReply(1);
        await peer.ExpectReply(2);
        peer.Command(4, "echo", "again");
        Assert.Equal("again", await peer.ExpectReply(4));
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task A_handler_that_throws_harms_only_its_command(PollerKind poller)
    {
        await using FeedBench bench = await FeedBench.Start(poller, static feed => feed
            .OnCommand(static (_, command) => command.Name switch
            {
                "throw" => throw new InvalidOperationException("planted"),
                "null" => ValueTask.FromResult<FeedAnswer>(null!),
                "deny" => ValueTask.FromResult(FeedAnswer.Denied("not you")),
                _ => ValueTask.FromResult<FeedAnswer>("fine"),
            }));
        bench.ExpectedError = "The handler of the command";
        FeedPeer peer = await bench.Connect();
        peer.Command(1, "throw");
        string text = await peer.ExpectError(1, FeedErrorCode.CommandFailed, "name");
        Assert.DoesNotContain("planted", text, StringComparison.Ordinal);
        peer.Command(2, "null");
        await peer.ExpectError(2, FeedErrorCode.CommandFailed, "name");
        peer.Command(3, "deny");
        Assert.Equal("not you", await peer.ExpectError(3, FeedErrorCode.Denied, "name"));
        peer.Command(4, "other");
        Assert.Equal("fine", await peer.ExpectReply(4));
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task A_reply_over_the_limit_is_an_error_and_a_large_one_arrives(PollerKind poller)
    {
        await using FeedBench bench = await FeedBench.Start(poller, static feed => feed
            .Limits(new FeedLimits { MaxMessageBytes = 400_000 })
            .OnCommand(static (_, command) => ValueTask.FromResult(
                FeedAnswer.Reply(new byte[command.Name == "large" ? 399_995 : 399_996]))));
        FeedPeer peer = await bench.Connect();
        peer.Command(1, "large");
        Assert.Equal(399_995, (await peer.ExpectReply(1)).Length);
        peer.Command(2, "larger");
        await peer.ExpectError(2, FeedErrorCode.TooLarge, "payload");
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task Nothing_but_a_login_is_taken_before_it(PollerKind poller)
    {
        await using FeedBench bench = await FeedBench.Start(poller, static feed => feed
            .Authenticate(static (_, user, secret) => ValueTask.FromResult(user == "ada" && secret == "sesame"))
            .OnCommand(static (connection, _) => ValueTask.FromResult<FeedAnswer>(
                $"{connection.Session.User} with {connection.Session.Program}")));
        FeedPeer peer = await bench.Dial();
        peer.Send(static output => FeedHello.Write(output, 1, FeedFeatures.None, 0, 0, TimeSpan.Zero, "test"));
        Assert.Equal(
            $"{(int)(FeedFeatures.Resume | FeedFeatures.AuthenticationRequired)}",
            (await peer.Expect(FeedType.Hello))["features"]);
        peer.Subscribe("#", id: 4);
        await peer.ExpectError(4, FeedErrorCode.NotAuthenticated, "type");
        peer.Command(5, "who");
        await peer.ExpectError(5, FeedErrorCode.NotAuthenticated, "type");
        await peer.ExpectPong();
        peer.LogIn(6, "ada", "wrong");
        await peer.ExpectError(6, FeedErrorCode.Denied, "secret");
        peer.LogIn(7, "ada", "sesame");
        await peer.ExpectDone(7);
        peer.Command(8, "who");
        Assert.Equal("ada with test", await peer.ExpectReply(8));
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task Three_wrong_logins_end_the_connection(PollerKind poller)
    {
        await using FeedBench bench = await FeedBench.Start(poller, static feed => feed
            .Authenticate(static (_, user, _) => user == "throw"
                ? throw new InvalidOperationException("planted")
                : ValueTask.FromResult(false)));
        bench.ExpectedError = "planted";
        FeedPeer peer = await bench.Connect();
        peer.LogIn(1, "ada", "");
        peer.LogIn(2, "throw", "");
        peer.LogIn(3, "ada", "");
        await peer.ExpectError(1, FeedErrorCode.Denied, "secret");
        await peer.ExpectError(2, FeedErrorCode.Denied, "secret");
        await peer.ExpectError(0, FeedErrorCode.TooManyLogins, "secret");
        await peer.ExpectEnd();
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task Who_is_not_logged_in_in_time_is_closed_and_who_is_stays(PollerKind poller)
    {
        await using FeedBench bench = await FeedBench.Start(poller, static feed => feed
            .Limits(new FeedLimits { LoginTimeout = TimeSpan.FromSeconds(2) }));
        FeedPeer greeted = await bench.Connect();
        FeedPeer silent = await bench.Dial();
        await silent.ExpectError(0, FeedErrorCode.LoginTimeout, "");
        await silent.ExpectEnd();
        await greeted.ExpectPong();
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task A_login_where_none_is_needed_is_fine(PollerKind poller)
    {
        await using FeedBench bench = await FeedBench.Start(poller);
        FeedPeer peer = await bench.Connect();
        peer.LogIn(1, "ada", "whatever");
        await peer.ExpectDone(1);
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task A_login_that_ends_after_its_time_logs_nobody_in(PollerKind poller)
    {
        var release = new TaskCompletionSource();
        await using FeedBench bench = await FeedBench.Start(poller, feed => feed
            .Limits(new FeedLimits { LoginTimeout = TimeSpan.FromMilliseconds(300) })
            .Authenticate(async (_, _, _) =>
            {
                await release.Task;
                return true;
            }));
        FeedPeer peer = await bench.Connect();
        peer.LogIn(1, "ada", "sesame");
        await peer.ExpectError(0, FeedErrorCode.LoginTimeout, "");
        release.SetResult();
        await peer.ExpectEnd();
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task A_command_is_cancelled_when_its_connection_breaks(PollerKind poller)
    {
        var started = new TaskCompletionSource();
        var cancelled = new TaskCompletionSource();
        await using FeedBench bench = await FeedBench.Start(poller, feed => feed.OnCommand(async (_, command) =>
        {
            started.SetResult();
            await command.Cancellation.WhenCancelled();
            cancelled.SetResult();
            command.Cancellation.ThrowIfCancellationRequested();
            return "";
        }));
        FeedPeer peer = await bench.Connect();
        peer.Command(1, "run");
        await Wait.For(started.Task, "the command");
        (await bench.Server.GetConnectionsAsync(TestContext.Current.CancellationToken)).ToList()
            .ForEach(one => bench.Server.Find(one.Id)!.Abort());
        await Wait.For(cancelled.Task, "the cancellation");
    }
}
