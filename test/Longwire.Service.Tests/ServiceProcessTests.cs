namespace Longwire.Service.Tests;

/// <summary>The service as a process: signals, exit codes, working directories, real netcat.</summary>
public sealed class ServiceProcessTests
{
    private const string Goodbye = "# goodbye: server is shutting down; retry in 5 s (jitter 5 s)";

    [Fact]
    public async Task Sigterm_says_goodbye_and_ends_with_0()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no SIGTERM.");
        await using ServiceProcess service = await ServiceProcess.StartAsync(Path.GetTempPath(), "--telnet", ":0");
        using LineClient idle = await LineClient.ConnectAsync(service.Port);
        using LineClient watcher = await LineClient.ConnectAsync(service.Port);
        await watcher.SendAsync("watch demo/x\n");
        await watcher.ReadUntilAsync(line => line.Contains("follow"), "the end of the snapshot");
        await idle.SendAsync("publish demo/x 1\n");
        Assert.Equal("# published demo/x, a new topic", await idle.ReadAsync("the publish"));

        service.Terminate();

        Assert.Equal("demo/x 1", await watcher.ReadAsync("what was queued"));
        foreach (LineClient client in (LineClient[])[idle, watcher])
        {
            Assert.Equal(Goodbye, await client.ReadAsync("the goodbye"));
            Assert.Null(await client.TryReadAsync("the server's FIN"));
            client.ShutdownSend(); // a polite client: the server need not linger
        }
        (int code, string error) = await service.WaitAsync();
        Assert.Equal(0, code);
        Assert.Contains("Longwire.Server[1003] Stopped; 0 connections had to be aborted", error);
        Assert.DoesNotContain("   at ", error); // a stack trace
    }

    [Fact]
    public async Task A_second_signal_ends_it_at_once()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no SIGTERM.");
        await using ServiceProcess service = await ServiceProcess.StartAsync(Path.GetTempPath(), "--telnet", ":0");
        using LineClient client = await LineClient.ConnectAsync(service.Port);
        service.Terminate();
        Assert.Equal(Goodbye, await client.ReadAsync("the goodbye"));
        Assert.Null(await client.TryReadAsync("the server's FIN"));

        service.Terminate(); // while the server waits for this client's FIN

        (int code, string error) = await service.WaitAsync();
        Assert.Equal(128 + 15, code); // ended by the signal
        Assert.DoesNotContain("Stopped", error);
    }

    [Fact]
    public async Task The_working_directory_does_not_matter()
    {
        string folder = Directory.CreateTempSubdirectory("longwire-cwd").FullName;
        try
        {
            // What the host would read on its own, were it let: an unreadable file even fails the start.
            await File.WriteAllTextAsync(
                Path.Combine(folder, "appsettings.json"), "{ broken", TestContext.Current.CancellationToken);
            await using ServiceProcess service =
                await ServiceProcess.StartAsync(folder, "serve", "--telnet", "127.0.0.1:0");
            using LineClient client = await LineClient.ConnectAsync(service.Port);
            Assert.StartsWith("host/cpu {", await client.AskAsync("get host/cpu"));
            Assert.Equal(["appsettings.json"], Directory.EnumerateFileSystemEntries(folder).Select(Path.GetFileName));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_start_that_fails_for_want_of_descriptors_blames_no_setting()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Needs descriptors for epoll.");
        (string output, int code) = await ServiceProcess.RunAsync(
            "sh", "-c", $"ulimit -n 180; LONGWIRE__LOOPS=64 '{ServiceProcess.Dotnet}' '{ServiceProcess.Program}' "
                + "--telnet :0 --feed :0");
        Assert.Matches("^longwire: the service cannot start: e.* failed: .*errno 24.*\n$", output);
        Assert.Equal(1, code);
    }

    [Fact]
    public async Task Netcat_prints_live_values_and_ends()
    {
        RequireTool("nc");
        await using ServiceProcess service = await ServiceProcess.StartAsync(Path.GetTempPath(), "--telnet", ":0");
        (string output, int code) = await ServiceProcess.RunAsync(
            "sh", "-c", $"printf 'get host/#\\n' | nc -N 127.0.0.1 {service.Port}");
        string[] lines = output.TrimEnd('\n').Split('\n');
        Assert.Equal(0, code);
        Assert.Equal("# longwire 0.1.0 - type 'help'", lines[0]);
        Assert.Contains(lines, line => line.StartsWith("host/cpu {\"time\":\"", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("host/memory {\"time\":\"", StringComparison.Ordinal));
        Assert.Equal($"# {lines.Length - 2} values", lines[^1]);
    }

    [Fact]
    public async Task Behind_a_balancer_who_shows_the_client()
    {
        await using ServiceProcess service = await ServiceProcess.StartAsync(
            Path.GetTempPath(), "--telnet", ":0", "--proxy", "127.0.0.1", "--proxy", "10.0.0.0/8");
        using LineClient client = await LineClient.ConnectAsync(service.Port, "PROXY TCP4 192.0.2.1 192.0.2.9 1 2\r\n");
        await client.SendAsync("who\n");
        await client.ReadUntilAsync(line => line.Contains("192.0.2.1:1"), "the client's address");
    }

    private static void RequireTool(string name)
    {
        string[] folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        if (folders.Any(folder => File.Exists(Path.Combine(folder, name))))
            return;
        if (Environment.GetEnvironmentVariable("LONGWIRE_REQUIRE_TOOLS") == "1")
            Assert.Fail($"{name} is not installed, and LONGWIRE_REQUIRE_TOOLS=1 requires it.");
        Assert.Skip($"{name} is not installed.");
    }
}
