using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace Longwire.Service.Tests.Console;

/// <summary>The service end to end: a process, real sockets, and nc where it is installed.</summary>
public sealed class ServiceTests
{
    [Fact]
    public async Task Commands_are_answered_in_order_also_after_the_clients_fin()
    {
        await using ServiceProcess service = await ServiceProcess.StartAsync();
        using ConsoleClient client = await service.ConnectAsync();
        await client.SendAsync(
            "publish door/front {\"open\" : true}\r\nGET   door/+\nfoo\nget\nwatch a/#/b\npublish host/cpu 1\n"
            + "publish door/front {bad\npublish door/+ 1\nget nothing\nunwatch door/x\nunwatch\n"
            + new string('x', 5000) + "\nget door/front\n");
        client.EndInput();
        List<string> lines = await client.ReadToEndAsync();
        string[] expected =
        [
            "# longwire 0.1.0; type help",
            "# published door/front, sequence 1, to 0 subscribers",
            "door/front {\"open\":true}",
            "error: unknown command 'foo'; type help",
            "error: write get <filter>, as in: get host/#",
            "error: '#' stands alone as the last level, as in host/#",
            "error: host/ and longwire/ are the server's own topics; choose another name",
            "error: this is no JSON at character 2; write {\"open\":true}",
            "error: a topic to publish to has no wildcard; '+' and '#' belong in filters",
            "# no topic matches nothing; type topics for those that there are",
            "error: door/x is not watched",
            "# stopped watching 0 filters",
            "error: the line is longer than 4096 bytes and was ignored",
            "door/front {\"open\":true}",
        ];
        Assert.Equal(expected, lines);
    }

    [Fact]
    public async Task Two_watchers_see_the_same_sequence_and_the_drain_says_goodbye()
    {
        await using ServiceProcess service = await ServiceProcess.StartAsync();
        using ConsoleClient one = await service.ConnectAsync();
        using ConsoleClient two = await service.ConnectAsync();
        using ConsoleClient publisher = await service.ConnectAsync();
        await publisher.SendAsync("publish test/begin 0\n");
        await publisher.ReadUntilAsync("# published test/begin");
        foreach (ConsoleClient watcher in (ConsoleClient[])[one, two])
        {
            await watcher.SendAsync("watch test/#\n");
            await watcher.ReadUntilAsync("test/begin"); // the snapshot: it is subscribed
        }
        for (int i = 0; i < 200; i++)
            await publisher.SendAsync($"publish test/{i % 7} {{\"n\":{i}}}\n");
        await publisher.ReadUntilAsync("# published test/3, sequence 29,"); // 199 % 7 = 3, for the 29th time
        Assert.Equal(0, await service.TerminateAsync());
        List<string> seen = await one.ReadToEndAsync();
        List<string> alsoSeen = await two.ReadToEndAsync();
        for (int topic = 0; topic < 7; topic++)
        {
            // Order holds per topic; across topics nothing is promised.
            string[] values = [.. Of(seen, topic)];
            IEnumerable<int> published = Enumerable.Range(0, 200).Where(n => n % 7 == topic);
            Assert.Equal(published.Select(n => $"test/{topic} {{\"n\":{n}}}"), values);
            Assert.Equal(values, Of(alsoSeen, topic));
        }
        string last = (await publisher.ReadToEndAsync())[^1];
        Assert.StartsWith("# goodbye", last, StringComparison.Ordinal);

        static IEnumerable<string> Of(List<string> lines, int topic) =>
            lines.Where(line => line.StartsWith($"test/{topic} ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Host_values_are_live_json()
    {
        await using ServiceProcess service = await ServiceProcess.StartAsync();
        using ConsoleClient client = await service.ConnectAsync();
        await client.SendAsync("watch host/#\nwatch longwire/#\n");
        string[] topics = ["host/cpu", "host/memory", "host/load", "longwire/connections", "longwire/outbox"];
        foreach (string topic in topics)
        {
            string line = await client.ReadUntilAsync(topic + " ");
            using JsonDocument json = JsonDocument.Parse(line[(topic.Length + 1)..]);
            Assert.Equal("time", json.RootElement.EnumerateObject().First().Name);
        }
    }

    [Theory]
    [InlineData("a\0b\n")]
    [InlineData("\u00ff\u00ff\n")]
    public async Task Rubbish_ends_its_own_connection_only(string rubbish)
    {
        await using ServiceProcess service = await ServiceProcess.StartAsync();
        using ConsoleClient other = await service.ConnectAsync();
        using ConsoleClient client = await service.ConnectAsync();
        await client.SendAsync(Encoding.Latin1.GetBytes(rubbish + "get host/#\n"));
        Assert.Equal(
            ["# longwire 0.1.0; type help", "error: this is no text; the console speaks lines of UTF-8. Good bye"],
            await client.ReadToEndAsync());
        await other.SendAsync("who\nquit\n");
        List<string> lines = await other.ReadToEndAsync();
        Assert.Contains(lines, static line => line.StartsWith("# id ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_script_with_nc_gets_its_values_and_ends()
    {
        RequireTool("nc");
        await using ServiceProcess service = await ServiceProcess.StartAsync();
        using Process nc = Process.Start(new ProcessStartInfo("sh",
            ["-c", $"sleep 1.2; printf 'get host/#\\n' | timeout 10 nc -N 127.0.0.1 {service.Address.Port}"])
        { RedirectStandardOutput = true })!;
        string output = await nc.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await nc.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, nc.ExitCode);
        Assert.Contains("host/cpu {\"time\":", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nonsense", "longwire: --telnet nonsense: 'nonsense' is no listen address: "
        + "write HOST:PORT, as in tcp://127.0.0.1:2323.")]
    [InlineData("127.0.0.1:99999", "longwire: --telnet 127.0.0.1:99999: '127.0.0.1:99999' is no listen address: "
        + "the port '99999' is not a number from 0 to 65535.")]
    public async Task A_bad_address_is_one_clear_line(string address, string expected)
    {
        using Process process = ServiceProcess.Start("--telnet", address);
        string error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(expected, error.Trim());
        Assert.Equal(1, process.ExitCode);
    }

    [Fact]
    public async Task A_port_in_use_names_the_cure()
    {
        await using ServiceProcess service = await ServiceProcess.StartAsync();
        using Process second = ServiceProcess.Start("--telnet", service.Address.ToString());
        string error = await second.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await second.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(
            $"longwire: --telnet {service.Address}: Cannot listen on tcp://{service.Address}: the address is in use; "
            + "stop the other program, or choose another port (0 lets the system choose).", error.Trim());
        Assert.Equal(1, second.ExitCode);
    }

    private static void RequireTool(string name)
    {
        string[] folders = Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator);
        bool present = folders.Any(folder => File.Exists(Path.Combine(folder, name)));
        if (Environment.GetEnvironmentVariable("LONGWIRE_REQUIRE_TOOLS") == "1")
            Assert.True(present, $"{name} is not installed, and LONGWIRE_REQUIRE_TOOLS=1 asks for it");
        Assert.SkipUnless(present, $"{name} is not installed");
    }
}
