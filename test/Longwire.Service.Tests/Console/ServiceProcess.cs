using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Longwire.Service.Tests.Console;

/// <summary>
/// The service as its own process, as an operator runs it, listening on a port of the system's choice.
/// </summary>
internal sealed class ServiceProcess : IAsyncDisposable
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(30);
    private readonly Process _process;

    private ServiceProcess(Process process, IPEndPoint address)
    {
        _process = process;
        Address = address;
    }

    internal IPEndPoint Address { get; }

    internal int Id => _process.Id;

    internal static Process Start(params string[] arguments)
    {
        // From a foreign folder: nothing may depend on the working directory.
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "longwire.dll"));
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    internal static async Task<ServiceProcess> StartAsync()
    {
        Process process = Start("--telnet", "127.0.0.1:0");
        using var limit = new CancellationTokenSource(s_deadline);
        while (await process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
        {
            if (line.StartsWith("longwire is listening on ", StringComparison.Ordinal))
                return new ServiceProcess(process, IPEndPoint.Parse(line.Split(' ')[^1]));
        }
        throw new InvalidOperationException("The service ended before it told its address.");
    }

    internal async Task<ConsoleClient> ConnectAsync()
    {
        var client = new TcpClient();
        await client.ConnectAsync(Address);
        return new ConsoleClient(client);
    }

    internal async Task<int> TerminateAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", $"{Id}"]);
        using var limit = new CancellationTokenSource(s_deadline);
        await _process.WaitForExitAsync(limit.Token);
        return _process.ExitCode;
    }

    public ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
        return ValueTask.CompletedTask;
    }
}

/// <summary>A console client that waits for lines with a deadline.</summary>
internal sealed class ConsoleClient(TcpClient client) : IDisposable
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(20);
    private readonly StreamReader _reader = new(client.GetStream(), Encoding.UTF8);

    internal async Task SendAsync(string text) => await client.GetStream().WriteAsync(Encoding.UTF8.GetBytes(text));

    internal async Task SendAsync(byte[] bytes) => await client.GetStream().WriteAsync(bytes);

    internal void EndInput() => client.Client.Shutdown(SocketShutdown.Send);

    /// <summary>The next line; null at the end of the stream.</summary>
    internal async Task<string?> ReadAsync()
    {
        using var limit = new CancellationTokenSource(s_deadline);
        return await _reader.ReadLineAsync(limit.Token);
    }

    internal async Task<string> ReadUntilAsync(string start)
    {
        while (await ReadAsync() is { } line)
        {
            if (line.StartsWith(start, StringComparison.Ordinal))
                return line;
        }
        throw new InvalidOperationException($"The connection ended before a line that begins with '{start}'.");
    }

    internal async Task<List<string>> ReadToEndAsync()
    {
        var lines = new List<string>();
        while (await ReadAsync() is { } line)
            lines.Add(line);
        return lines;
    }

    public void Dispose() => client.Dispose();
}
