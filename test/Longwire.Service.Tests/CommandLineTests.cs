using System.Net;
using System.Net.Sockets;
using Longwire.Hosting;
using Longwire.Service.Hosting;
using Longwire.Transport.Layers;

namespace Longwire.Service.Tests;

/// <summary>Options, messages and exit codes, in this process.</summary>
public sealed class CommandLineTests
{
    [Fact]
    public async Task Version_is_the_name_and_the_number() =>
        Assert.Equal((0, "longwire 0.1.0\n", ""), await RunAsync("--version"));

    [Theory]
    [InlineData("--help")]
    [InlineData("serve", "--help")]
    public async Task Help_names_every_option_and_its_default(params string[] args)
    {
        (int code, string output, string error) = await RunAsync(args);
        Assert.Equal((0, ""), (code, error));
        Assert.Contains("--telnet <ADDRESS>", output);
        Assert.Contains("[default: 127.0.0.1:2323]", output);
        Assert.Contains("--feed <ADDRESS>", output);
        Assert.Contains("[default: 127.0.0.1:2324]", output);
        Assert.Contains("--proxy <NETWORK>", output);
        Assert.Contains("--config <FILE>", output);
        Assert.Contains("--data <DIR>", output);
        Assert.Contains("--tls-certificate <FILE>", output);
        Assert.Contains("--tls-key <FILE>", output);
        Assert.Contains("--tls-client-ca <FILE>", output);
        Assert.Contains("LONGWIRE_DATA", output);
        Assert.Contains("Usage:\n  longwire ", output.ReplaceLineEndings("\n"));
    }

    [Fact]
    public async Task Help_names_the_commands()
    {
        (_, string output, _) = await RunAsync("--help");
        Assert.Matches("serve +Runs the service until Ctrl-C or SIGTERM \\(the default\\)", output);
        string[] commands =
        [
            "config", "doctor", "health", "install", "uninstall", "cert",
            "watch", "get", "publish", "who", "stats", "kick",
        ];
        foreach (string command in commands)
            Assert.Contains($"\n  {command} ", output.ReplaceLineEndings("\n"));
        Assert.Contains("--version", output);
    }

    [Theory]
    [InlineData("longwire: Unrecognized command or argument 'bogus'; see longwire --help\n", "bogus")]
    [InlineData("longwire: Unrecognized command or argument '--bogus'; see longwire --help\n", "serve", "--bogus")]
    [InlineData("longwire: Required argument missing for option: '--telnet'; see longwire --help\n", "--telnet")]
    [InlineData(
        "longwire: --telnet: '2323' is no listen address: write HOST:PORT, as in tcp://127.0.0.1:2323; "
        + "see longwire --help\n", "--telnet", "2323")]
    [InlineData(
        "longwire: --telnet: ':65536' is no listen address: the port '65536' is not a number from 0 to 65535; "
        + "see longwire --help\n", "serve", "--telnet", ":65536")]
    [InlineData(
        "longwire: --telnet: 'nowhere:1' is no listen address: the host 'nowhere' is no IP address; "
        + "write 127.0.0.1, [::1], * or localhost; see longwire --help\n", "--telnet", "nowhere:1")]
    [InlineData(
        "longwire: --proxy: 'balancer' is no address and no network; write 192.0.2.7, 10.0.0.0/8 or unix; "
        + "see longwire --help\n", "--proxy", "10.0.0.0/8", "--proxy", "balancer")]
    public async Task A_wrong_command_line_is_told_in_one_line(string error, params string[] args) =>
        Assert.Equal((ExitCodes.Usage, "", error), await RunAsync(args));

    [Fact]
    public async Task An_address_in_use_is_told_in_one_line()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        int port = ((IPEndPoint)other.LocalEndpoint).Port;
        Assert.Equal(
            (ExitCodes.Failure, "",
                $"longwire: --telnet: Cannot listen on tcp://127.0.0.1:{port}: the address is in use; stop the other "
                + "program, or choose another port (0 lets the system choose).\n"),
            await RunAsync("--telnet", $"127.0.0.1:{port}", "--feed", ":0"));
    }

    [Fact]
    public async Task An_address_of_another_machine_is_told_in_one_line() => Assert.Equal(
        (ExitCodes.Failure, "",
            "longwire: --telnet: Cannot listen on tcp://192.0.2.1:2323: this machine has no such address; "
            + "use one of its own, 127.0.0.1, or * for all.\n"),
        await RunAsync("--telnet", "192.0.2.1:2323", "--feed", ":0")); // 192.0.2.0/24 is for documentation, RFC 5737

    [Fact]
    public async Task A_file_is_no_data_folder()
    {
        string file = typeof(CommandLineTests).Assembly.Location;
        Assert.Equal(
            (ExitCodes.Failure, "", $"longwire: --data: '{file}' is a file; name a folder\n"),
            await RunAsync("--data", file));
    }

    [Fact]
    public void The_data_folder_is_the_option_then_the_variable_then_the_systems()
    {
        string named = Path.Combine(Path.GetTempPath(), "named");
        string variable = Path.Combine(Path.GetTempPath(), "variable");
        Assert.Equal(named, Resolve(named, variable));
        Assert.Equal(variable, Resolve(null, variable));
        string? standard = Resolve(null, null);
        Assert.Equal(standard, Resolve(null, ""));
        Assert.True(Path.IsPathFullyQualified(standard!));
        Assert.Equal("longwire", Path.GetFileName(standard));
        Assert.Equal(
            "LONGWIRE_DATA: 'here' is relative; write the whole path, as in /var/lib/longwire", Resolve(null, "here"));
        Assert.Equal("--data: the path is empty; name a folder", Resolve("", variable));

        static string? Resolve(string? option, string? variable) =>
            DataFolder.TryResolve(option, _ => variable, out string? folder, out string? error) ? folder : error;
    }

    [Theory]
    [InlineData("tcp://127.0.0.1:2323", "127.0.0.1:2323 - try: nc 127.0.0.1 2323,")]
    [InlineData("tcp://0.0.0.0:80", "0.0.0.0:80 - try: nc localhost 80,")]
    [InlineData("tcp://[::]:2323", "[::]:2323 - try: nc localhost 2323,")]
    [InlineData("tcp://[::1]:2323", "[::1]:2323 - try: nc ::1 2323,")]
    [InlineData("unix:///run/x.sock", "unix:///run/x.sock - try: nc -U /run/x.sock,")]
    public void The_announcement_shows_a_command_that_works(string address, string expected) => Assert.Equal(
        $"Listening on {expected} then type: watch host/cpu", Announcement.For(Speaking("console"), address));

    [Theory]
    [InlineData("tcp://127.0.0.1:2324", "127.0.0.1:2324", "tcp://127.0.0.1:2324")]
    [InlineData("tcp://0.0.0.0:80", "0.0.0.0:80", "tcp://localhost:80")]
    [InlineData("tcp://[::]:2324", "[::]:2324", "tcp://localhost:2324")]
    [InlineData("tcp://[::1]:2324", "[::1]:2324", "tcp://[::1]:2324")]
    [InlineData("unix:///run/x.sock", "unix:///run/x.sock", "unix:///run/x.sock")]
    public void A_Feed_endpoint_is_announced_with_its_own_client(string address, string place, string server) =>
        Assert.Equal(
            $"Listening on {place} - try: longwire watch 'host/#' --server {server}",
            Announcement.For(Speaking("feed"), address));

    [Fact]
    public void No_client_is_announced_where_none_would_work()
    {
        const string Address = "tcp://127.0.0.1:2323";
        foreach (EndpointSettings endpoint in (EndpointSettings[])
            [
                Speaking("console") with { Negotiate = NegotiateServerOptions.Default },
                Speaking("console") with { Deflate = DeflateOptions.Default },
                Speaking("console") with { Proxies = ["10.0.0.0/8"] },
            ])
        {
            Assert.Equal("Listening on 127.0.0.1:2323", Announcement.For(endpoint, Address));
        }
        Assert.Equal(
            "Listening on 127.0.0.1:2323 with TLS",
            Announcement.For(Speaking("feed") with { Tls = new TlsServerOptions() }, Address));
    }

    private static EndpointSettings Speaking(string protocol) => new() { Name = "x", Protocol = protocol };

    private static async Task<(int Code, string Output, string Error)> RunAsync(params string[] args)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        int code = await LongwireCommand.RunAsync(args, output, error, new Dictionary<string, string>())
            .WaitAsync(LineClient.Deadline, TestContext.Current.CancellationToken);
        return (code, output.ToString(), error.ToString());
    }
}
