using System.Net;
using System.Net.Sockets;
using Longwire.Service.Hosting;

namespace Longwire.Service.Tests.Cli;

/// <summary><c>longwire health</c> against endpoints that are there, are not, and are silent.</summary>
public sealed class HealthTests
{
    [Fact]
    public async Task A_console_that_answers_is_healthy()
    {
        await using ServiceProcess service = await ServiceProcess.StartAsync(Path.GetTempPath(), "--telnet", ":0");
        string address = $"127.0.0.1:{service.Port}";
        Assert.Equal((0, $"console {address}: healthy\n", ""), await RunAsync(("console__listen", address)));
    }

    [Theory]
    [InlineData("*:")]
    [InlineData("0.0.0.0:")]
    public async Task A_console_on_every_address_is_reached(string host)
    {
        await using ServiceProcess service = await ServiceProcess.StartAsync(Path.GetTempPath(), "--telnet", ":0");
        (int code, string output, _) = await RunAsync(("CONSOLE__LISTEN", $"{host}{service.Port}"));
        Assert.Equal((0, $"CONSOLE {host}{service.Port}: healthy\n"), (code, output));
    }

    [Fact]
    public async Task Other_endpoints_have_to_accept_and_those_that_are_not_required_are_left_out()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        string address = listener.LocalEndpoint.ToString()!;
        Assert.Equal(
            (0, $"feed {address}: accepts\n", ""),
            await RunAsync(
                ("console__enabled", "false"), ("feed__listen", address), ("other__protocol", "feed"),
                ("other__listen", $"127.0.0.1:{FreePort()}"), ("other__required", "false")));
    }

    [Fact]
    public async Task Nobody_there_is_a_failure()
    {
        string address = $"127.0.0.1:{FreePort()}";
        const string said = "cannot be reached: ConnectionRefused";
        Assert.Equal(
            (ExitCodes.Failure, $"console {address}: {said}\n", $"longwire: health: console: {said}\n"),
            await RunAsync(("console__listen", address)));
    }

    [Fact]
    public async Task A_server_that_says_something_else_is_a_failure()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Task other = AnswerAsync(listener);
        (int code, _, string error) = await RunAsync(("console__listen", listener.LocalEndpoint.ToString()!));
        await other;
        Assert.Equal(
            (ExitCodes.Failure, "longwire: health: console: the console did not tell its health\n"), (code, error));
    }

    [Fact]
    public async Task A_server_that_is_silent_is_a_failure()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0); // the system accepts for it
        listener.Start();
        (int code, _, string error) = await RunAsync(("console__listen", listener.LocalEndpoint.ToString()!));
        Assert.Equal((ExitCodes.Failure, "longwire: health: console: no answer within 3 s\n"), (code, error));
    }

    [Fact]
    public async Task A_port_of_the_systems_choice_cannot_be_found()
    {
        (int code, _, string error) = await RunAsync(("console__listen", ":0"));
        Assert.Equal(
            (ExitCodes.Failure,
                "longwire: health: console: the system chose its port, so it cannot be found here; give it one\n"),
            (code, error));
    }

    [Fact]
    public async Task A_wrong_setting_is_told()
    {
        (int code, _, string error) = await RunAsync(("console__listen", "nowhere"));
        Assert.Equal(ExitCodes.Failure, code);
        Assert.StartsWith("longwire: LONGWIRE__ENDPOINTS__CONSOLE__LISTEN: 'nowhere' is no listen address", error);
    }

    private static async Task AnswerAsync(TcpListener listener)
    {
        using TcpClient client = await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
        await client.GetStream().WriteAsync("hello\n"u8.ToArray(), TestContext.Current.CancellationToken);
    }

    /// <summary>A port that nobody listens on: it was this test's a moment ago.</summary>
    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(
        params (string Key, string Value)[] endpoints)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        Dictionary<string, string> variables = endpoints.ToDictionary(
            static pair => $"LONGWIRE__ENDPOINTS__{pair.Key}", static pair => pair.Value);
        if (!endpoints.Any(static pair => pair.Key.StartsWith("feed", StringComparison.Ordinal)))
            variables["LONGWIRE__ENDPOINTS__feed__enabled"] = "false"; // only what the test names is looked at
        int code = await LongwireCommand.RunAsync(["health"], output, error, variables)
            .WaitAsync(LineClient.Deadline, TestContext.Current.CancellationToken);
        return (code, output.ToString(), error.ToString());
    }
}
