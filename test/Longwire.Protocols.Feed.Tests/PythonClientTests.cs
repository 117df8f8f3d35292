using System.Text;
using Longwire.ServerTests;

namespace Longwire.FeedTests;

/// <summary>The client in another language: it passes the vectors and follows a live server.</summary>
public sealed class PythonClientTests
{
    [Fact]
    public async Task It_passes_the_vectors() => Assert.Contains("as they should be",
        await Run("--vectors", Paths.Vectors), StringComparison.Ordinal);

    [Fact]
    public async Task It_gets_publishes_and_commands()
    {
        await using FeedBench bench = await FeedBench.Start(PollerKind.Automatic, static feed => feed
            .AllowPublish(static (_, _) => true)
            .OnCommand(static (_, command) => ValueTask.FromResult<FeedAnswer>($"{command.Name}: {command.Text}")));
        Assert.Equal("1\n", await Run("--server", bench.Address, "publish", "chat/room", "hello"));
        Assert.Equal("2\n", await Run("--server", bench.Address, "publish", "chat/room", "again"));
        Assert.Equal("chat/room 2 again\n", await Run("--server", bench.Address, "get", "chat/#"));
        Assert.Equal("echo: abc\n", await Run("--server", bench.Address, "command", "echo", "abc"));
    }

    [Fact]
    public async Task It_follows_a_server_through_a_cut_a_gap_and_a_restart()
    {
        FeedBench first = await FeedBench.Start(PollerKind.Automatic, HurryBack);
        first.Hub.Publish("host/cpu", "one"u8);
        await using Tool watch = Tool.Start(
            "python3", "-B", Paths.PythonClient, "--server", first.Address, "watch", "host/#");
        await Told(watch, $"# epoch {first.Hub.Epoch}", "host/cpu 1 one", "# complete host/#");
        first.Hub.Publish("host/cpu", "two"u8);
        await Told(watch, "host/cpu 2 two");

        // Cut: it comes back by itself, and what is published before that is lost to it, and it says so.
        long id = (await first.Server.GetConnectionsAsync(TestContext.Current.CancellationToken)).Single().Id;
        Connection connection = first.Server.Find(id)!;
        connection.Abort();
        await Wait.For(connection.Closed, "the cut");
        for (int i = 3; i <= 5; i++)
            first.Hub.Publish("host/cpu", Encoding.UTF8.GetBytes($"value {i}"));
        Assert.Contains("trying again", await watch.ReadLine("the cut"), StringComparison.Ordinal);
        await Told(watch, $"# epoch {first.Hub.Epoch}", "# gap host/cpu 2", "host/cpu 5 value 5", "# complete host/#");

        // Restart: numbers begin anew, and none of the old ones counts.
        string address = first.Address;
        await first.DisposeAsync();
        await using FeedBench second = await FeedBench.Start(PollerKind.Automatic, HurryBack, address);
        Assert.NotEqual(first.Hub.Epoch, second.Hub.Epoch);
        second.Hub.Publish("host/cpu", "anew"u8);
        Assert.StartsWith("# goodbye, back in", await watch.ReadLineWith("goodbye"), StringComparison.Ordinal);
        Assert.Equal($"# epoch {second.Hub.Epoch}", await watch.ReadLineWith("# epoch"));
        string line = await watch.ReadLine("the snapshot");
        if (line == "# complete host/#") // it was faster than the publish
            Assert.Equal("host/cpu 1 anew", await watch.ReadLine("the change"));
        else
            Assert.Equal("host/cpu 1 anew", line);
    }

    [Fact]
    public async Task A_gap_that_two_filters_tell_costs_no_value() => Assert.Equal(
        "# gap a 2\n# gap a 2\na 8 x\n",
        Encoding.UTF8.GetString(await Tool.Run("python3", default, "-B", "-c", $$"""
            import sys
            sys.path.insert(0, r"{{Path.GetDirectoryName(Paths.PythonClient)}}")
            from longwire_feed import Watch
            watch = Watch(None, None, [], print)
            watch._positions, returned = {"a": 5}, {"a": 0}
            watch._take("GAP", {"topic": "a", "count": 2}, returned)
            watch._take("GAP", {"topic": "a", "count": 2}, returned)
            watch._take("VALUE", {"topic": "a", "sequence": 8, "payload": b"x"}, returned)
            """)));

    private static void HurryBack(FeedBuilder feed) => feed.Limits(new FeedLimits
    {
        RetryAfter = TimeSpan.FromMilliseconds(50),
        RetryJitter = TimeSpan.FromMilliseconds(50),
    });

    private static async Task Told(Tool watch, params string[] lines)
    {
        foreach (string line in lines)
            Assert.Equal(line, await watch.ReadLine(line));
    }

    private static async Task<string> Run(params string[] arguments) => Encoding.UTF8.GetString(
        await Tool.Run("python3", default, ["-B", Paths.PythonClient, .. arguments]));
}
