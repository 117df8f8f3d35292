using System.Text;
using System.Text.RegularExpressions;

namespace Longwire.Service.Tests;

/// <summary>The line console over real sockets.</summary>
public sealed partial class ConsoleTests(RunningService service) : IClassFixture<RunningService>
{
    [Fact]
    public void The_announcement_says_where_it_listens_and_what_to_do() => Assert.Equal(
        $"Listening on 127.0.0.1:{service.Port} - try: nc 127.0.0.1 {service.Port}, then type: watch host/cpu\n",
        service.Output.ReplaceLineEndings("\n"));

    [Fact]
    public async Task Help_names_every_command()
    {
        using LineClient client = await service.ConnectAsync();
        await client.SendAsync("help\n");
        List<string> help = await client.ReadUntilAsync(line => line.Contains("every other line"), "help's last line");
        Assert.All(help, line => Assert.StartsWith("# ", line));
        string text = string.Join('\n', help);
        foreach (string verb in (string[])["topics", "get", "watch", "unwatch", "publish", "who", "stats", "quit"])
            Assert.Contains($"# {verb} ", text);
    }

    [Theory]
    [InlineData("foo", "error: unknown command 'foo'; type help")]
    [InlineData("help me", "error: help stands alone; 'me' is too much")]
    [InlineData("who is there", "error: who stands alone; 'is there' is too much")]
    [InlineData("stats now", "error: stats stands alone; 'now' is too much")]
    [InlineData("quit now", "error: quit stands alone; 'now' is too much")]
    [InlineData("get", "error: get needs a filter, as in: get host/cpu")]
    [InlineData("get a b c", "error: get takes one filter; 'b c' is too much")]
    [InlineData("get a/#/b", "error: '#' stands alone as the last level, as in host/#")]
    [InlineData("get a+", "error: '+' stands alone in its level, as in host/+/root")]
    [InlineData("get none/such", "# no value of none/such; 'topics' lists what there is")]
    [InlineData("watch", "error: watch needs a filter, as in: watch host/cpu")]
    [InlineData("watch a b", "error: watch takes one filter; 'b' is too much")]
    [InlineData("unwatch", "# unwatched 0 filters")]
    [InlineData("unwatch a", "error: a is not watched")]
    [InlineData("unwatch a b", "error: unwatch takes one filter; 'b' is too much")]
    [InlineData("topics none/such", "# 0 topics")]
    [InlineData("topics a b", "error: topics takes one filter; 'b' is too much")]
    [InlineData("publish", "error: publish needs a topic and JSON, as in: publish demo/lamp {\"on\":true}")]
    [InlineData("publish a", "error: publish needs a topic and JSON, as in: publish demo/lamp {\"on\":true}")]
    [InlineData("publish a/+ 1", "error: a topic to publish to has no wildcard; '+' and '#' belong in filters")]
    [InlineData("publish a {b}", "error: not JSON at byte 2: 'b' is an invalid start of a property name. "
        + "Expected a '\"'")]
    [InlineData("publish a 1 2", "error: not JSON at byte 3: '2' is invalid after a single JSON value. "
        + "Expected end of data")]
    [InlineData("\u001b[A", "error: the line holds a control character, as of an arrow key; type it again")]
    public async Task A_malformed_line_gets_one_line_and_the_connection_stays(string line, string answer)
    {
        using LineClient client = await service.ConnectAsync();
        Assert.Equal(answer, await client.AskAsync(line));
        Assert.Equal("error: unknown command 'next'; type help", await client.AskAsync("next"));
    }

    [Theory]
    [InlineData("get host/cpu\n")]
    [InlineData("GET host/cpu\r\n")]
    [InlineData("  Get \t  host/cpu  \r\n")]
    [InlineData("\n\r\n   \nget host/cpu\n")]
    public async Task Case_blanks_and_line_endings_do_not_matter(string line)
    {
        using LineClient client = await service.ConnectAsync();
        await client.SendAsync(line);
        Assert.StartsWith("host/cpu {\"time\":", await client.ReadAsync("a value"));
        Assert.Equal("# 1 value", await client.ReadAsync("the end of the values"));
    }

    [Fact]
    public async Task Topics_and_get_list_the_same_in_order()
    {
        foreach (string name in (string[])["list/b", "list/a", "list/c/d"])
            service.Server.Hub.Publish(name, "1"u8);
        using LineClient client = await service.ConnectAsync();
        await client.SendAsync("topics list/#\nget list/+\n");
        List<string> lines = await client.ReadUntilAsync(line => line == "# 2 values", "both answers");
        Assert.Equal(["list/a", "list/b", "list/c/d", "# 3 topics", "list/a 1", "list/b 1", "# 2 values"], lines);
    }

    [Fact]
    public async Task The_service_publishes_its_own_health()
    {
        using LineClient client = await service.ConnectAsync();
        await client.SendAsync("get longwire/+\n");
        List<string> lines = await client.ReadUntilAsync(line => line.StartsWith('#'), "the end of the values");
        Assert.Equal(
            ["longwire/connections", "longwire/health", "longwire/memory", "longwire/outbox", "longwire/traffic", "#"],
            lines.Select(line => line.Split(' ')[0]));
        Assert.Matches("\"current\":[0-9]+,\"accepted\":[0-9]+,\"refused\":0}", lines[0]);
        Assert.Contains("\"status\":\"healthy\"", lines[1]);
        Assert.Contains("\"working_set_bytes\":", lines[2]);
        Assert.Contains("\"queued_bytes\":", lines[3]);
        Assert.Contains("\"tx_bytes\":", lines[4]);
    }

    [Fact]
    public async Task Two_watchers_see_the_same_sequence_and_unwatch_ends_it()
    {
        using LineClient first = await service.ConnectAsync();
        using LineClient second = await service.ConnectAsync();
        using LineClient publisher = await service.ConnectAsync();
        foreach (LineClient watcher in (LineClient[])[first, second])
        {
            Assert.Equal(
                "# watching same/count; no topic matches yet, 'topics' lists what there is",
                await watcher.AskAsync("watch same/count"));
            Assert.Equal(
                "# end of snapshot of same/count; changes follow", await watcher.ReadAsync("the end of the snapshot"));
        }
        Assert.Equal("# published same/count, a new topic", await publisher.AskAsync("publish same/count 1"));
        Assert.Equal("same/count 1", await first.ReadAsync("the first value"));
        Assert.Equal("same/count 1", await second.ReadAsync("the first value"));
        for (int i = 2; i <= 50; i++)
            Assert.Equal("# published same/count to 2 watchers", await publisher.AskAsync($"publish same/count {i}"));
        string[] expected = [.. Enumerable.Range(2, 49).Select(i => $"same/count {i}")];
        Assert.Equal(expected, await first.ReadUntilAsync(line => line == "same/count 50", "the 50th value"));
        Assert.Equal(expected, await second.ReadUntilAsync(line => line == "same/count 50", "the 50th value"));

        Assert.Equal("# unwatched same/count", await first.AskAsync("unwatch same/count"));
        Assert.Equal("error: unknown command 'x'; type help", await first.AskAsync("x"));
        Assert.Equal("# published same/count to 1 watcher", await publisher.AskAsync("publish same/count 51"));
        Assert.Equal("same/count 51", await second.ReadAsync("the 51st value"));
        Assert.Equal("error: unknown command 'x'; type help", await first.AskAsync("x"));
    }

    [Fact]
    public async Task A_watcher_gets_the_latest_value_then_changes()
    {
        service.Server.Hub.Publish("late/one", "1"u8);
        using LineClient client = await service.ConnectAsync();
        await client.SendAsync("watch late/#\n");
        List<string> lines = await client.ReadUntilAsync(line => line.Contains("follow"), "the end of the snapshot");
        Assert.Equal(
            ["# watching late/#; 1 topic now", "late/one 1", "# end of snapshot of late/#; changes follow"], lines);
        Assert.Equal("error: late/# is watched already", await client.AskAsync("watch late/#"));
        service.Server.Hub.Publish("late/two", "2"u8);
        Assert.Equal("late/two 2", await client.ReadAsync("a topic that is new"));
        Assert.Equal("# unwatched 1 filter", await client.AskAsync("unwatch"));
    }

    [Fact]
    public async Task A_connection_watches_256_filters_and_no_more()
    {
        using LineClient client = await service.ConnectAsync();
        await client.SendAsync(string.Concat(Enumerable.Range(0, 257).Select(i => $"watch many/{i}\n")));
        await client.ReadUntilAsync(
            line => line == "error: a connection watches at most 256 filters; unwatch one first", "the limit");
        // Marks of snapshots come from the loop, between the replies.
        await client.SendAsync("unwatch many/0\n");
        await client.ReadUntilAsync(line => line == "# unwatched many/0", "one filter less");
        await client.SendAsync("watch many/256\n");
        await client.ReadUntilAsync(line => line.Contains("many/256; changes follow"), "the filter that fits again");
    }

    [Fact]
    public async Task What_is_published_is_compact_and_otherwise_as_it_was_typed()
    {
        using LineClient client = await service.ConnectAsync();
        Assert.Equal(
            "# published form/x, a new topic",
            await client.AskAsync("publish  form/x \t { \"a b\" : 1.10, \"ü\" : \"x \\\" y\" , \"l\": [ 1, 2 ] } "));
        Assert.Equal("form/x {\"a b\":1.10,\"ü\":\"x \\\" y\",\"l\":[1,2]}", await client.AskAsync("get form/x"));
    }

    [Fact]
    public async Task The_longest_line_is_published_and_delivered()
    {
        using LineClient client = await service.ConnectAsync();
        string json = $"\"{new string('x', 4096 - "publish max/x \"\"".Length)}\"";
        Assert.Equal("# published max/x, a new topic", await client.AskAsync($"publish max/x {json}"));
        Assert.Equal($"max/x {json}", await client.AskAsync("get max/x"));
        Assert.Equal("# 1 value", await client.ReadAsync("the end of the values"));
        await client.SendAsync("watch max/x\n");
        List<string> lines = await client.ReadUntilAsync(line => line.Contains("follow"), "the end of the snapshot");
        Assert.Contains($"max/x {json}", lines);
    }

    [Theory]
    [InlineData(4097)]
    [InlineData(100_000)]
    public async Task A_line_over_the_limit_gets_an_error_and_the_connection_stays(int length)
    {
        using LineClient client = await service.ConnectAsync();
        Assert.Equal(
            "error: the line is longer than 4096 bytes and was ignored; send a shorter one",
            await client.AskAsync(new string('a', length)));
        Assert.StartsWith("host/cpu {", await client.AskAsync("get host/cpu"));
    }

    [Theory]
    [InlineData(new byte[] { 0, (byte)'\n' }, "error: this is a console for lines of UTF-8 text; goodbye")]
    [InlineData(new byte[] { 0xFF, 0xFD, 3, (byte)'\n' }, "error: this is a console for lines of UTF-8 text; goodbye")]
    [InlineData(new byte[] { 0x16, 3, 1, 2, 0, 1, (byte)'\n', 0, (byte)'\n', 0xFE, (byte)'\n' },
        "error: this is a console for lines of UTF-8 text; goodbye")]
    public async Task Rubbish_ends_that_connection_with_one_error(byte[] rubbish, string answer)
    {
        using LineClient bystander = await service.ConnectAsync();
        using LineClient client = await service.ConnectAsync();
        await client.SendAsync(rubbish);
        Assert.Equal(answer, await client.ReadAsync("the error"));
        Assert.Null(await client.TryReadAsync("the server's FIN"));
        client.ShutdownSend();
        await service.WaitForLogAsync("closed: MalformedFrame");
        Assert.StartsWith("host/cpu {", await bystander.AskAsync("get host/cpu"));
    }

    [Fact]
    public async Task A_web_page_cannot_publish()
    {
        using LineClient client = await service.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\npublish web/page 1\r\n");
        Assert.Equal(
            "error: this is a line console and does not speak HTTP; goodbye", await client.ReadAsync("the error"));
        Assert.Null(await client.TryReadAsync("the server's FIN"));
        Assert.Null(service.Server.Hub.FindTopic("web/page"));
    }

    [Fact]
    public async Task Who_shows_the_connections_in_columns()
    {
        using LineClient client = await service.ConnectAsync();
        await client.SendAsync("who\n");
        List<string> lines = await client.ReadUntilAsync(line => ConnectionCount().IsMatch(line), "the last line");
        Assert.Equal(
            ["#", "id", "address", "age", "idle", "watches", "queue_bytes", "queue_age", "in_bytes", "out_bytes",
                "conflated", "dropped", "rtt", "unacked_bytes"],
            lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        string own = Assert.Single(lines, line => line.Contains("(you)"));
        Assert.Contains(" 127.0.0.1:", own);
        Assert.Single(lines[..^1].Select(line => line.Length).Distinct()); // aligned
    }

    [Fact]
    public async Task Stats_shows_the_counts_in_columns()
    {
        using LineClient client = await service.ConnectAsync();
        await client.SendAsync("stats\n");
        List<string> lines = await client.ReadUntilAsync(line => line.StartsWith("# loops"), "the last line");
        Assert.All(lines, line => Assert.Matches("^# [a-z_]+ +[0-9]+  [a-z]", line));
        Assert.Matches("^# connections +[1-9]", lines[0]);
    }

    [Fact]
    public async Task Quit_says_goodbye_and_ends()
    {
        using LineClient client = await service.ConnectAsync();
        Assert.Equal("# goodbye", await client.AskAsync("quit\nget host/cpu"));
        Assert.Null(await client.TryReadAsync("the server's FIN"));
    }

    [Fact]
    public async Task What_came_before_the_end_of_input_is_answered()
    {
        using LineClient client = await service.ConnectAsync();
        await client.SendAsync("get host/#\nget host/cpu\n");
        client.ShutdownSend();
        var lines = new List<string>();
        while (await client.TryReadAsync("the answers and the server's FIN") is { } line)
            lines.Add(line);
        Assert.StartsWith("host/cpu {", lines[^2]);
        Assert.Equal("# 1 value", lines[^1]);
        Assert.Equal(2, lines.Count(line => line.StartsWith('#')));
    }

    [Fact]
    public async Task A_list_of_20000_topics_is_complete_although_the_outbox_is_small()
    {
        const int Count = 20_000;
        string filler = new('f', 100);
        for (int i = 0; i < Count; i++)
            service.Server.Hub.Publish($"long/{filler}/{i:00000}", "{}"u8);
        using LineClient client = await service.ConnectAsync();
        await client.SendAsync("topics long/#\nget long/#\nwatch long/#\n");
        List<string> names = await client.ReadUntilAsync(line => line.StartsWith('#'), "the end of the names");
        List<string> values = await client.ReadUntilAsync(line => line.StartsWith('#'), "the end of the values");
        await client.ReadAsync("that it is watched");
        List<string> watched = await client.ReadUntilAsync(line => line.StartsWith('#'), "the end of the snapshot");
        Assert.Equal([.. Names(), $"# {Count} topics"], names);
        Assert.Equal([.. Names().Select(name => $"{name} {{}}"), $"# {Count} values"], values);
        string[] expected = [.. Names().Select(name => $"{name} {{}}"), "# end of snapshot of long/#; changes follow"];
        Assert.Equal(expected, watched);

        IEnumerable<string> Names() => Enumerable.Range(0, Count).Select(i => $"long/{filler}/{i:00000}");
    }

    [Fact]
    public async Task Bytes_may_come_one_by_one()
    {
        using LineClient client = await service.ConnectAsync();
        foreach (byte b in Encoding.UTF8.GetBytes("publish slow/ü \"ü\"\n"))
            await client.SendAsync([b]);
        Assert.Equal("# published slow/ü, a new topic", await client.ReadAsync("the answer"));
    }

    [GeneratedRegex("^# [0-9]+ connections?$")]
    private static partial Regex ConnectionCount();
}
