using System.Diagnostics;

namespace Longwire.Service.Tests.Sources;

/// <summary>A PostgreSQL server of the test's own, on a Unix socket in a folder of its own, without a port.</summary>
internal sealed class PostgreSqlServer : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("longwire-pg-").FullName;
    private Process _process = null!;

    private PostgreSqlServer()
    {
    }

    public string Connection => $"Host={_folder};Username=tester;Database=postgres";

    public static async Task<PostgreSqlServer> StartAsync()
    {
        string programs = FindPrograms();
        var server = new PostgreSqlServer();
        if (Environment.UserName == "root") // as which it does not run
            await RunAsync("chown", "postgres", server._folder);
        string database = Path.Combine(server._folder, "data");
        await RunAsync(
            AsUser(Path.Combine(programs, "initdb"), "-D", database, "-U", "tester", "-A", "trust", "--no-sync"));
        string[] line = AsUser(
            Path.Combine(programs, "postgres"), "-D", database, "-k", server._folder, "-c", "listen_addresses=",
            "-c", "fsync=off", "-c", "shared_buffers=8MB");
        server._process = Start(line);
        while (await server._process.StandardError.ReadLineAsync().WaitAsync(LineClient.Deadline) is { } said)
        {
            if (said.Contains("ready to accept connections", StringComparison.Ordinal))
                return server;
        }
        throw new InvalidOperationException("postgres ended before it was ready.");
    }

    public async ValueTask DisposeAsync()
    {
        // SIGINT: a fast shutdown, which ends its sessions. The program that changed the user passes no signal on.
        string pidFile = Path.Combine(_folder, "data", "postmaster.pid");
        string pid = File.ReadLines(pidFile).First();
        await RunAsync("kill", "-INT", pid);
        Task<string> rest = _process.StandardError.ReadToEndAsync();
        await _process.WaitForExitAsync().WaitAsync(LineClient.Deadline);
        await rest;
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static string FindPrograms()
    {
        string? found = !Directory.Exists("/usr/lib/postgresql") ? null
            : Directory.EnumerateDirectories("/usr/lib/postgresql").Select(version => Path.Combine(version, "bin"))
                .FirstOrDefault(programs => File.Exists(Path.Combine(programs, "initdb")));
        if (found is null && Environment.GetEnvironmentVariable("LONGWIRE_REQUIRE_TOOLS") == "1")
            Assert.Fail("postgresql is not installed, and LONGWIRE_REQUIRE_TOOLS=1 requires it.");
        Assert.SkipWhen(found is null, "postgresql is not installed.");
        return found;
    }

    private static string[] AsUser(params string[] line) =>
        Environment.UserName == "root" ? ["runuser", "-u", "postgres", "--", .. line] : line;

    private static Process Start(string[] line) => Process.Start(new ProcessStartInfo(line[0], line[1..])
    {
        WorkingDirectory = "/",
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;

    private static async Task RunAsync(params string[] line)
    {
        using Process process = Start(line);
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string error = await process.StandardError.ReadToEndAsync().WaitAsync(LineClient.Deadline);
        await output;
        await process.WaitForExitAsync().WaitAsync(LineClient.Deadline);
        Assert.True(process.ExitCode == 0, $"{line[0]}: {error}");
    }
}
