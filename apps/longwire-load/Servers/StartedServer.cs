using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace Longwire.Load.Servers;

/// <summary>A server that the tool starts and ends.</summary>
/// <remarks>
/// Owner: the command. Concurrency: one thread. Bound: the last lines that it printed. Its command runs in place of a
/// shell (<c>exec</c>), so that the process that is measured is the server's own.
/// </remarks>
internal sealed partial class StartedServer : IAsyncDisposable
{
    internal const string PortPlaceholder = "{port}";

    private const int KeptLines = 20;

    private static readonly TimeSpan s_startTime = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_endTime = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(20);

    private readonly Process _process;
    private readonly Queue<string> _printed = new();
    private readonly TaskCompletionSource<int> _printedPort = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private StartedServer(Process process, string commandLine)
    {
        _process = process;
        CommandLine = commandLine;
        process.OutputDataReceived += (_, line) => OnPrinted(line.Data);
        process.ErrorDataReceived += (_, line) => OnPrinted(line.Data);
    }

    internal string CommandLine { get; }

    internal int Pid => _process.Id;

    internal IPEndPoint Address { get; private set; } = new(IPAddress.Loopback, 0);

    /// <summary>
    /// Starts a command and waits until it listens: at the port that takes the placeholder's place, or else at the one
    /// that it prints.
    /// </summary>
    /// <exception cref="InvalidOperationException">It ended, or does not listen.</exception>
    internal static async Task<StartedServer> StartAsync(string command)
    {
        int port = command.Contains(PortPlaceholder, StringComparison.Ordinal) ? FreePort() : 0;
        string line = command.Replace(
            PortPlaceholder, port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        var start = new ProcessStartInfo("/bin/sh", ["-c", $"exec {line}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var server = new StartedServer(Process.Start(start)!, line);
        server._process.BeginOutputReadLine();
        server._process.BeginErrorReadLine();
        try
        {
            await server.WaitUntilItListensAsync(port);
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
        return server;
    }

    /// <summary>Sends SIGTERM.</summary>
    internal void Terminate() => SystemClock.Signal(Pid, SystemClock.Terminate);

    /// <summary>Waits for its end; null when it takes too long.</summary>
    internal async Task<int?> WaitForExitAsync(TimeSpan atMost)
    {
        try
        {
            await _process.WaitForExitAsync().WaitAsync(atMost);
            return _process.ExitCode;
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            if (!_process.HasExited)
                Terminate();
            if (await WaitForExitAsync(s_endTime) is null)
                _process.Kill(entireProcessTree: true);
        }
        catch (Win32Exception)
        {
            // It ended between the question and the signal, which is what was wanted.
            _process.Close();
        }
        _process.Dispose();
    }

    private static int FreePort()
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }

    private async Task WaitUntilItListensAsync(int port)
    {
        long started = TimeProvider.System.GetTimestamp();
        using var look = new PeriodicTimer(s_look);
        while (await look.WaitForNextTickAsync())
        {
            if (port == 0 && _printedPort.Task.IsCompletedSuccessfully)
                port = await _printedPort.Task;
            Address = new IPEndPoint(IPAddress.Loopback, port);
            if (_process.HasExited)
                throw Failure($"ended with code {_process.ExitCode}");
            if (port > 0 && Listens())
                return;
            if (TimeProvider.System.GetElapsedTime(started) > s_startTime)
                throw Failure(port > 0 ? $"does not listen at {Address}" : "printed no port, and has no {port} in it");
        }
    }

    private bool Listens()
    {
        try
        {
            using var probe = new TcpClient();
            probe.Connect(Address);
            return true;
        }
        catch (SocketException)
        {
            return false; // not yet
        }
    }

    private InvalidOperationException Failure(string what)
    {
        lock (_printed)
            return new InvalidOperationException($"'{CommandLine}' {what}.\n{string.Join('\n', _printed)}");
    }

    private void OnPrinted(string? line)
    {
        if (line is null)
            return;
        lock (_printed)
        {
            _printed.Enqueue(line);
            if (_printed.Count > KeptLines)
                _printed.Dequeue();
        }
        Match match = PrintedPort().Match(line);
        if (match.Success)
            _printedPort.TrySetResult(int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture));
    }

    [GeneratedRegex(@"(?:127\.0\.0\.1|0\.0\.0\.0|localhost|\[::\]):(\d+)")]
    private static partial Regex PrintedPort();
}
