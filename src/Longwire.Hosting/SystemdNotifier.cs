using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Longwire.Hosting;

/// <summary>Tells systemd that the service is ready, that it stops, and that it is alive (sd_notify(3)).</summary>
/// <remarks>
/// Ready comes when every hosted service has started. Alive is a watchdog's <c>WATCHDOG=1</c> at half the time that
/// systemd gives, and only when every loop takes its turns: a server whose loops hang is restarted. Owner: the host.
/// Concurrency: start and stop one after the other. Without <c>NOTIFY_SOCKET</c> it does nothing.
/// </remarks>
internal sealed partial class SystemdNotifier(
    TcpServer server, TimeProvider time, ILogger<SystemdNotifier> logger, Func<string, string?> environment)
    : IHostedLifecycleService, IDisposable
{
    private readonly string? _socket = environment("NOTIFY_SOCKET");
    private readonly CancellationTokenSource _stopped = new();
    private Task _watchdog = Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        if (_socket is not { Length: > 0 })
            return Task.CompletedTask;
        Notify($"READY=1\nSTATUS=Listening on {string.Join(", ", server.Addresses)}");
        if (WatchdogInterval() is { } interval)
            _watchdog = WatchAsync(interval, _stopped.Token);
        return Task.CompletedTask;
    }

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        await _stopped.CancelAsync().ConfigureAwait(false);
        await _watchdog.ConfigureAwait(false);
        Notify("STOPPING=1");
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _stopped.Dispose();

    /// <summary>Half of WATCHDOG_USEC, as sd_watchdog_enabled(3) recommends, when it is for this process.</summary>
    private TimeSpan? WatchdogInterval()
    {
        bool isOurs = environment("WATCHDOG_PID") is not { Length: > 0 } pid
            || pid == Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        return isOurs && long.TryParse(
            environment("WATCHDOG_USEC"), CultureInfo.InvariantCulture, out long microseconds) && microseconds > 1
            ? TimeSpan.FromMicroseconds(microseconds / 2)
            : null;
    }

    private async Task WatchAsync(TimeSpan interval, CancellationToken stopped)
    {
        using var timer = new PeriodicTimer(interval, time);
        try
        {
            do
            {
                // A loop that hangs ends the pings; systemd does the rest.
                await server.CheckLoopsAsync(stopped).ConfigureAwait(false);
                Notify("WATCHDOG=1");
            }
            while (await timer.WaitForNextTickAsync(stopped).ConfigureAwait(false));
        }
        catch (Exception exception) when (exception is OperationCanceledException or InvalidOperationException)
        {
            return; // the host stops, or the server did by itself
        }
    }

    private void Notify(string state)
    {
        if (_socket is not { Length: > 0 } path)
            return;
        string name = path[0] == '@' ? '\0' + path[1..] : path; // the abstract namespace
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            socket.SendTo(Encoding.UTF8.GetBytes(state), new UnixDomainSocketEndPoint(name));
        }
        catch (SocketException exception)
        {
            NotTold(path, exception.Message);
        }
    }

    [LoggerMessage(7001, LogLevel.Warning, "systemd could not be told by {Socket}: {Problem}")]
    private partial void NotTold(string socket, string problem);
}
