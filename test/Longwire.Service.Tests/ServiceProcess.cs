using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Longwire.Service.Tests;

/// <summary>The service as a process of its own; killed at the end when it is still there.</summary>
internal sealed partial class ServiceProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Task<string> _error;

    private ServiceProcess(Process process)
    {
        _process = process;
        _error = process.StandardError.ReadToEndAsync();
    }

    public int Port { get; private set; }

    /// <summary>What the host runs.</summary>
    public static string Program { get; } = Path.Combine(AppContext.BaseDirectory, "longwire.dll");

    /// <summary>The host that runs these tests; there need be no other on the path.</summary>
    public static string Dotnet { get; } = Path.GetFullPath(Path.Combine(
        RuntimeEnvironment.GetRuntimeDirectory(), "../../..", OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet"));

    /// <summary>Starts on a port of the system's choice and waits until it listens.</summary>
    public static Task<ServiceProcess> StartAsync(string workingDirectory, params string[] args) =>
        StartUnderAsync([], workingDirectory, args);

    /// <summary>The same, watched by a program that becomes the service.</summary>
    public static async Task<ServiceProcess> StartUnderAsync(
        string[] watcher, string workingDirectory, params string[] args)
    {
        string[] feed = args.Contains("--telnet") ? ["--feed", ":0"] : []; // beside other services of the tests
        string[] command = [.. watcher, Dotnet, Program, .. args, .. feed];
        var service = new ServiceProcess(Start(command[0], workingDirectory, command[1..]));
        string? line = await Within(
            service._process.StandardOutput.ReadLineAsync(), "the line that says where it listens");
        Match match = Listening().Match(line ?? "");
        if (!match.Success)
        {
            await service.DisposeAsync();
            Assert.Fail($"It printed '{line}' and then: {await service._error}");
        }
        service.Port = int.Parse(match.Groups["port"].Value, CultureInfo.InvariantCulture);
        return service;
    }

    /// <summary>Runs a program to its end; what it printed and its exit code.</summary>
    public static async Task<(string Output, int Code)> RunAsync(string program, params string[] args)
    {
        using Process process = Start(program, Path.GetTempPath(), args);
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = await Within(process.StandardOutput.ReadToEndAsync(), $"the output of {program}");
        Task<bool> ended = process.WaitForExitAsync().ContinueWith(_ => true, TaskScheduler.Default);
        await Within(ended, $"the end of {program}");
        return (output + await error, process.ExitCode);
    }

    /// <summary>SIGTERM.</summary>
    public void Terminate() => Assert.Equal(0, Kill(_process.Id, 15));

    /// <summary>Waits for the end: the exit code and what stands on standard error.</summary>
    public async Task<(int Code, string Error)> WaitAsync()
    {
        string error = await Within(_error, "the end of the service");
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (_process.ExitCode, error);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _error;
        _process.Dispose();
    }

    private static Process Start(string program, string workingDirectory, string[] args)
    {
        var start = new ProcessStartInfo(program, args)
        {
            WorkingDirectory = workingDirectory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return Process.Start(start)!;
    }

    private static async Task<T> Within<T>(Task<T> task, string what)
    {
        try
        {
            return await task.WaitAsync(LineClient.Deadline, TestContext.Current.CancellationToken);
        }
        catch (TimeoutException)
        {
            throw new Xunit.Sdk.XunitException($"Waited {LineClient.Deadline} for {what}.");
        }
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Kill(int process, int signal);

    [GeneratedRegex(@"^Listening on 127\.0\.0\.1:(?<port>[0-9]+)( - try: |$)")]
    private static partial Regex Listening();
}
