using System.Text;
using Longwire.Protocols.Feed;
using Longwire.ServerTests;

namespace Longwire.ClientTests;

/// <summary>Publishes and commands, in both directions.</summary>
public sealed class RequestTests
{
    public static TheoryData<PollerKind> Pollers => FeedBench.Pollers;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task A_publish_gets_its_number_and_a_command_its_reply(PollerKind poller)
    {
        await using FeedBench bench = await FeedBench.Start(poller, static feed => feed
            .AllowPublish(static (_, topic) => topic.StartsWith("chat/", StringComparison.Ordinal))
            .OnCommand(static (connection, command) => ValueTask.FromResult<FeedAnswer>(
                command.Name == "echo"
                    ? $"{connection.Session.Program}: {command.Text}"
                    : FeedAnswer.Unknown)));
        FeedClient client = bench.Connect(static o => o with { Name = "the test" });
        Assert.Equal(1, await client.PublishAsync("chat/a", "x", FeedBench.Long, Cancellation));
        Assert.Equal(2, await client.PublishAsync("chat/a", "y", FeedBench.Long, Cancellation));
        FeedUpdate held = Assert.Single(await client.GetAsync("chat/#", FeedBench.Long, Cancellation));
        Assert.Equal("chat/a 2 y", $"{held}");
        FeedException denied = await Assert.ThrowsAsync<FeedException>(
            () => client.PublishAsync("other", "z", FeedBench.Long, Cancellation));
        Assert.Equal((FeedErrorCode.Denied, "topic"), (denied.Code, denied.Field));
        await Assert.ThrowsAsync<ArgumentException>(
            () => client.PublishAsync("no topic", "z", FeedBench.Long, Cancellation));
        Task<string>[] many =
        [
            .. Enumerable.Range(0, 10).Select(i => client.RequestAsync("echo", $"{i}", FeedBench.Long, Cancellation)),
        ];
        for (int i = 0; i < many.Length; i++)
            Assert.Equal($"the test: {i}", await many[i]);
        FeedException unknown = await Assert.ThrowsAsync<FeedException>(
            () => client.RequestAsync("nonsense", "", FeedBench.Long, Cancellation));
        Assert.Equal(FeedErrorCode.UnknownCommand, unknown.Code);
        FeedException large = await Assert.ThrowsAsync<FeedException>(
            () => client.RequestAsync("echo", new byte[2 << 20], FeedBench.Long, Cancellation));
        Assert.Equal(FeedErrorCode.TooLarge, large.Code);
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task Without_an_answer_the_wait_ends_in_time(PollerKind poller)
    {
        var release = new TaskCompletionSource();
        await using FeedBench bench = await FeedBench.Start(poller, feed => feed.OnCommand(async (_, _) =>
        {
            await release.Task;
            return "";
        }));
        FeedClient client = bench.Connect();
        TimeoutException late = await Assert.ThrowsAsync<TimeoutException>(
            () => client.RequestAsync("hang", "", TimeSpan.FromMilliseconds(300), Cancellation));
        Assert.Contains("may or may not", late.Message, StringComparison.Ordinal);
        using var enough = new CancellationTokenSource();
        Task<string> cancelled = client.RequestAsync("hang", "", FeedBench.Long, enough.Token);
        await enough.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        release.SetResult();
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task A_request_that_is_lost_with_its_connection_is_told(PollerKind poller)
    {
        var arrived = new TaskCompletionSource();
        await using FeedBench bench = await FeedBench.Start(poller, feed => feed.OnCommand(async (_, command) =>
        {
            if (command.Name == "echo")
                return command.Text;
            arrived.TrySetResult();
            await command.Cancellation.WhenCancelled();
            return "";
        }));
        FeedClient client = bench.Connect();
        Task<string> lost = client.RequestAsync("hang", "", FeedBench.Long, Cancellation);
        await Wait.For(arrived.Task, "the command");
        await bench.Cut();
        IOException gone = await Assert.ThrowsAsync<IOException>(() => lost);
        Assert.Contains("may or may not", gone.Message, StringComparison.Ordinal);
        Assert.Equal("x", await client.RequestAsync("echo", "x", FeedBench.Long, Cancellation)); // by the next one
    }

    [Fact]
    public async Task Without_a_server_a_request_says_what_is_wrong()
    {
        await using FeedBench bench = await FeedBench.Start(PollerKind.Automatic);
        string address = bench.Address;
        await bench.StopServer();
        FeedClient client = bench.Connect();
        TimeoutException late = await Assert.ThrowsAsync<TimeoutException>(
            () => client.RequestAsync("echo", "x", TimeSpan.FromMilliseconds(300), Cancellation));
        Assert.Contains("no connection for the command echo", late.Message, StringComparison.Ordinal);
        Assert.Contains($"{address}: nobody listens there", late.Message, StringComparison.Ordinal);
        TimeoutException none = await Assert.ThrowsAsync<TimeoutException>(
            () => client.GetAsync("#", TimeSpan.FromMilliseconds(50), Cancellation));
        Assert.Contains("The values of #", none.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task No_more_requests_wait_than_may(PollerKind poller)
    {
        await using FeedBench bench = await FeedBench.Start(poller, static feed => feed
            .OnCommand(static async (_, command) =>
            {
                await command.Cancellation.WhenCancelled();
                return "";
            }));
        FeedClient client = bench.Connect(static o => o with { MaxRequests = 1 });
        using var enough = new CancellationTokenSource();
        Task<string> first = client.RequestAsync("hang", "", FeedBench.Long, enough.Token);
        await Wait.Until(() => client.Status.State == ClientState.Connected, "the connection");
        FeedException full = await Assert.ThrowsAsync<FeedException>(
            () => client.RequestAsync("hang", "", FeedBench.Long, Cancellation));
        Assert.Equal(FeedErrorCode.LimitReached, full.Code);
        await enough.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task A_server_s_command_is_answered_by_the_client_s_handler(PollerKind poller)
    {
        await using FeedBench bench = await FeedBench.Start(poller);
        FeedClient client = bench.Connect(static o => o with
        {
            OnCommand = static async command =>
            {
                await Task.Yield();
                return command.Name switch
                {
                    "reboot" => $"rebooting {command.Text}",
                    "throw" => throw new InvalidOperationException("planted"),
                    "large" => FeedAnswer.Reply(new byte[2 << 20]),
                    _ => FeedAnswer.Unknown,
                };
            },
        });
        bench.ExpectedError = "the command throw";
        await using var watch = new Watch(client, "a");
        await watch.Expect("complete a");
        Connection<FeedSession> connection = await Single(bench);
        Assert.Equal("rebooting now", await Ask(connection, "reboot", "now"));
        Assert.Equal(FeedErrorCode.UnknownCommand, await Refused(connection, "nonsense"));
        Assert.Equal(FeedErrorCode.CommandFailed, await Refused(connection, "throw"));
        Assert.Equal(FeedErrorCode.TooLarge, await Refused(connection, "large"));
        FeedClient deaf = bench.Connect();
        await Wait.Until(() => deaf.Status.State == ClientState.Connected, "the second client");
        await client.DisposeAsync();
        await Wait.Until(() => bench.Server.ConnectionCount == 1, "the first client's end");
        Assert.Equal(FeedErrorCode.UnknownCommand, await Refused(await Single(bench), "reboot"));
    }

    /// <summary>Both connections have a command with the id 1.</summary>
    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task An_answer_goes_by_the_connection_that_its_command_came_on(PollerKind poller)
    {
        var first = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var second = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using FeedBench bench = await FeedBench.Start(poller);
        FeedClient client = bench.Connect(o => o with
        {
            OnCommand = async command =>
            {
                await (command.Name == "first" ? first.Task : second.Task);
                return command.Name;
            },
        });
        await Wait.Until(() => client.Status.State == ClientState.Connected, "the connection");
        Task<string> lost = Ask(await Single(bench), "first", "");
        await bench.Cut();
        await Assert.ThrowsAsync<IOException>(() => lost);
        await client.GetAsync("a", FeedBench.Long, Cancellation); // it is back
        Task<string> asked = Ask(await Single(bench), "second", "");
        first.SetResult();
        await client.GetAsync("a", FeedBench.Long, Cancellation); // whatever the first one sent is there by now
        Assert.False(asked.IsCompleted);
        second.SetResult();
        Assert.Equal("second", await Wait.For(asked, "the right answer"));
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task More_server_commands_than_may_wait_are_refused(PollerKind poller)
    {
        var release = new TaskCompletionSource();
        await using FeedBench bench = await FeedBench.Start(poller);
        FeedClient client = bench.Connect(o => o with
        {
            OnCommand = async command =>
            {
                await release.Task;
                return command.Text;
            },
        });
        await Wait.Until(() => client.Status.State == ClientState.Connected, "the connection");
        Connection<FeedSession> connection = await Single(bench);
        Task<string>[] asked = [.. Enumerable.Range(0, 20).Select(i => Ask(connection, "wait", $"{i}"))];
        Task<string> refused = await Wait.For(Task.WhenAny(asked), "a refusal");
        Assert.Equal(
            FeedErrorCode.LimitReached, (await Assert.ThrowsAsync<FeedException>(() => refused)).Code);
        release.SetResult();
        int answered = 0;
        for (int i = 0; i < asked.Length; i++)
        {
            if (await Task.WhenAny(asked[i]) is { IsCompletedSuccessfully: true } done)
            {
                Assert.Equal($"{i}", await done);
                answered++;
            }
        }
        Assert.InRange(answered, 16, 17); // those that waited, and the one that ran
    }

    private static async Task<Connection<FeedSession>> Single(FeedBench bench)
    {
        ConnectionSnapshot one = (await bench.Server.GetConnectionsAsync(Cancellation)).Single();
        return (Connection<FeedSession>)bench.Server.Find(one.Id)!;
    }

    private static async Task<string> Ask(Connection<FeedSession> connection, string name, string text) =>
        Encoding.UTF8.GetString((await connection.RequestAsync(
            name, Encoding.UTF8.GetBytes(text), FeedBench.Long, Cancellation)).Span);

    private static async Task<FeedErrorCode> Refused(Connection<FeedSession> connection, string name) =>
        (await Assert.ThrowsAsync<FeedException>(() => Ask(connection, name, ""))).Code;
}
