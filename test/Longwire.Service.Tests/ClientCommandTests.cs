using System.Text.Json;
using Longwire.Service.Feed;
using Longwire.Service.Hosting;
using Longwire.Transport;
using Longwire.Transport.Layers;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace Longwire.Service.Tests;

/// <summary>watch, get, publish, who, stats and kick against a running service.</summary>
public sealed class ClientCommandTests : IAsyncLifetime
{
    private readonly StringWriter _announced = new();
    private ServiceHost _host = null!;

    private string Server { get; set; } = "";

    public async ValueTask InitializeAsync()
    {
        IConfiguration settings = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["longwire:endpoints:feed:listen"] = ":0",
            ["longwire:endpoints:proxied:protocol"] = "feed",
            ["longwire:endpoints:proxied:listen"] = ":0",
            ["longwire:endpoints:proxied:proxy"] = "127.0.0.1",
        }).Build();
        _host = new ServiceHost(settings, _announced, static logging => logging.ClearProviders());
        await _host.StartAsync();
        Server = _host.Server.Addresses[0];
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        await _host.DisposeAsync();
        await _announced.DisposeAsync();
    }

    [Fact]
    public void The_announcement_is_a_command_that_works() =>
        Assert.Contains($"try: longwire watch 'host/#' --server {Server}", _announced.ToString());

    [Fact]
    public async Task Watch_prints_a_line_for_each_value()
    {
        (int code, string output, string error) = await RunAsync("watch", "host/cpu", "host/memory", "--count", "3");
        Assert.Equal(0, code);
        string[] lines = output.TrimEnd('\n').Split('\n');
        Assert.Equal(3, lines.Length);
        Assert.All(lines, static line => Assert.Matches("^host/(cpu|memory) \\{\"time\":\".*\\}$", line));
        Assert.Contains("# host/cpu: that was what is there; changes follow\n", error);
    }

    [Fact]
    public async Task Watch_prints_json_for_scripts()
    {
        (int code, string output, _) = await RunAsync("watch", "host/cpu", "--json", "--count", "2");
        Assert.Equal(0, code);
        JsonElement[] lines = Parse(output);
        Assert.Equal(["host/cpu", "host/cpu"], Values(lines).Select(static line => $"{line.GetProperty("topic")}"));
        Assert.True(Values(lines).First().GetProperty("value").TryGetProperty("time", out _));
        JsonElement mark = Assert.Single(lines, static line => line.TryGetProperty("event", out _));
        Assert.Equal("""{"event":"complete","filter":"host/cpu"}""", mark.GetRawText());
    }

    [Fact]
    public async Task What_is_published_is_got()
    {
        Assert.Equal((0, "demo/lamp 1\n", ""), await RunAsync("publish", "demo/lamp", """{"on":true}"""));
        Assert.Equal((0, """{"topic":"demo/lamp","sequence":2}""" + "\n", ""),
            await RunAsync("publish", "demo/lamp", "plain\ntext", "--json"));
        Assert.Equal((0, "demo/lamp plain\\u000atext\n", ""), await RunAsync("get", "demo/#"));
        Assert.Equal((0, """{"topic":"demo/lamp","sequence":2,"value":"plain\ntext"}""" + "\n", ""),
            await RunAsync("get", "demo/lamp", "--json"));
        Assert.Equal(
            (ExitCodes.Failure, "", "longwire: get: no topic holds a value there\n"), await RunAsync("get", "nothing"));
        (int code, _, string error) = await RunAsync("publish", "$SYS/x", "1");
        Assert.Equal((ExitCodes.Failure, "longwire: publish: publishing to $SYS/x is not allowed\n"), (code, error));
    }

    [Fact]
    public async Task Standard_input_is_published()
    {
        (string output, int code) = await ServiceProcess.RunAsync("sh", "-c",
            $"echo '[1]' | '{ServiceProcess.Dotnet}' '{ServiceProcess.Program}' publish demo/list --server {Server}");
        Assert.Equal(("demo/list 1\n", 0), (output, code));
        Assert.Equal((0, "demo/list [1]\\u000a\n", ""), await RunAsync("get", "demo/list"));
    }

    [Fact]
    public async Task A_terminal_shows_a_table_and_ctrl_c_ends_it()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Needs util-linux' script.");
        // In the foreground, or the kernel stops it when it sets the terminal; without input of ours.
        string watch = $"timeout --foreground -s INT 3 {ServiceProcess.Dotnet} {ServiceProcess.Program} "
            + $"watch host/cpu --server {Server}; echo ended";
        (string output, _) = await ServiceProcess.RunAsync("sh", "-c", $"script -qec '{watch}' /dev/null < /dev/null");
        Assert.Matches("host/cpu.*busy_percent [0-9.]+  user_percent", output);
        Assert.Contains("ended", output);
    }

    [Fact]
    public async Task Who_stats_and_kick()
    {
        await using var other = new FeedClient(new FeedClientOptions { Servers = [Server], Name = "other" });
        await other.GetAsync("host/cpu", TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        (int code, string output, _) = await RunAsync("who", "--json");
        Assert.Equal(0, code);
        JsonElement[] connections = [.. JsonDocument.Parse(output).RootElement.EnumerateArray()];
        Assert.Equal(2, connections.Length);
        JsonElement kicked = Assert.Single(connections, static one => !one.TryGetProperty("you", out _));
        (_, string table, _) = await RunAsync("who");
        Assert.Matches(" *id +address +endpoint +.*rtt_ms", table.Split('\n')[0]);
        Assert.Matches(" *connections +2", (await RunAsync("stats")).Output);
        Assert.True(JsonDocument.Parse((await RunAsync("stats", "--json")).Output).RootElement
            .GetProperty("accepted").GetInt64() >= 5);
        var lost = new TaskCompletionSource();
        other.StatusChanged += status =>
        {
            if (status.State == ClientState.Waiting)
                lost.TrySetResult();
        };
        (code, output, _) = await RunAsync("kick", $"{kicked.GetProperty("id")}", "a test");
        Assert.Equal((0, $"closing connection {kicked.GetProperty("id")} from {kicked.GetProperty("address")}\n"),
            (code, output));
        await lost.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        (code, _, string error) = await RunAsync("kick", "123456789");
        Assert.Equal((ExitCodes.Failure, "longwire: kick: there is no connection 123456789; who lists those that there "
            + "are\n"), (code, error));
    }

    [Theory]
    [InlineData("no JSON", "the argument is no JSON")]
    [InlineData("[]", "is no JSON object")]
    [InlineData("{}", "kick needs the id")]
    [InlineData("""{"id":"7"}""", "kick needs the id")]
    public async Task A_command_with_a_wrong_argument_is_refused(string argument, string reason)
    {
        await using var client = new FeedClient(new FeedClientOptions { Servers = [Server] });
        FeedException wrong = await Assert.ThrowsAsync<FeedException>(() => client.RequestAsync(
            "kick", argument, TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));
        Assert.Contains(reason, wrong.Message, StringComparison.Ordinal);
        FeedException unknown = await Assert.ThrowsAsync<FeedException>(() => client.RequestAsync(
            "reboot", "{}", TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));
        Assert.Equal(Protocols.Feed.FeedErrorCode.UnknownCommand, unknown.Code);
    }

    [Fact]
    public async Task From_another_machine_everybody_may_only_read()
    {
        await using var remote = new FeedClient(new FeedClientOptions
        {
            Servers = [_host.Server.Addresses[1]],
            Layers = static _ =>
            [
                new StreamLayer("proxy", static async below =>
                {
                    await below.WriteAsync("PROXY TCP4 192.0.2.1 192.0.2.9 1 2\r\n"u8.ToArray());
                    return below;
                }),
            ],
        });
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        TimeSpan timeout = TimeSpan.FromSeconds(20);
        Assert.NotEmpty(await remote.GetAsync("host/cpu", timeout, cancellation));
        FeedException publish = await Assert.ThrowsAsync<FeedException>(
            () => remote.PublishAsync("demo/x", "1", timeout, cancellation));
        Assert.Equal(Protocols.Feed.FeedErrorCode.Denied, publish.Code);
        FeedException command = await Assert.ThrowsAsync<FeedException>(
            () => remote.RequestAsync("who", "{}", timeout, cancellation));
        Assert.Equal(Protocols.Feed.FeedErrorCode.Denied, command.Code);
    }

    [Fact]
    public void Local_is_loopback_and_unix()
    {
        Assert.True(ServiceFeed.IsLocal(Peer("127.0.0.2:1")));
        Assert.True(ServiceFeed.IsLocal(Peer("[::1]:1")));
        Assert.True(ServiceFeed.IsLocal(PeerAddress.From(new System.Net.Sockets.UnixDomainSocketEndPoint("/tmp/x"))));
        Assert.False(ServiceFeed.IsLocal(Peer("192.0.2.1:1")));
        Assert.False(ServiceFeed.IsLocal(Peer("[2001:db8::1]:1")));

        static PeerAddress Peer(string text) => PeerAddress.From(System.Net.IPEndPoint.Parse(text));
    }

    [Fact]
    public async Task What_is_wrong_is_told_in_one_line_with_its_exit_code()
    {
        (int wrong, _, string filter) = await RunAsync("get", "x/#/y");
        Assert.Equal(ExitCodes.Usage, wrong);
        Assert.StartsWith("longwire: get: '#' stands alone as the last level", filter, StringComparison.Ordinal);
        (int usage, _, string address) = await RunAtAsync("nonsense", "get", "a");
        Assert.Equal(ExitCodes.Usage, usage);
        Assert.Contains("'nonsense' is no server's address", address, StringComparison.Ordinal);
        (int gone, _, string nobody) = await RunAtAsync("127.0.0.1:1", "get", "a", "--timeout", "0.5");
        Assert.Equal(ExitCodes.Unreachable, gone);
        Assert.Equal(
            "longwire: get: The values of a did not come within 0.5 s (127.0.0.1:1: nobody listens there).\n", nobody);
        Assert.Equal(ExitCodes.Usage, (await RunAsync("get", "a", "--timeout", "0")).Code);
        Assert.Equal(ExitCodes.Usage, (await RunAtAsync("tls://127.0.0.1:1", "get", "a", "--tls-ca", "/nowhere")).Code);
        Assert.Equal(ExitCodes.Usage, (await RunAsync("watch")).Code);
    }

    [Fact]
    public async Task The_server_is_named_by_the_environment_as_well()
    {
        var output = new StringWriter();
        int code = await LongwireCommand.RunAsync(
            ["get", "host/cpu"], output, new StringWriter(),
            new Dictionary<string, string> { ["LONGWIRE_SERVER"] = $"127.0.0.1:1, {Server}" });
        Assert.Equal(0, code);
        Assert.StartsWith("host/cpu {", output.ToString(), StringComparison.Ordinal);
    }

    private Task<(int Code, string Output, string Error)> RunAsync(params string[] args) => RunAtAsync(Server, args);

    private static async Task<(int Code, string Output, string Error)> RunAtAsync(string server, params string[] args)
    {
        var output = new StringWriter();
        var error = new StringWriter();
        int code = await LongwireCommand.RunAsync(
            [.. args, "--server", server], output, error, new Dictionary<string, string>());
        return (code, output.ToString().ReplaceLineEndings("\n"), error.ToString().ReplaceLineEndings("\n"));
    }

    private static JsonElement[] Parse(string lines) =>
        [.. lines.TrimEnd('\n').Split('\n').Select(static line => JsonDocument.Parse(line).RootElement)];

    private static IEnumerable<JsonElement> Values(IEnumerable<JsonElement> lines) =>
        lines.Where(static line => line.TryGetProperty("value", out _));
}
