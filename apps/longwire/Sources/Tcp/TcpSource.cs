using System.Net.Sockets;
using Longwire.Service.Sources.Configuration;

namespace Longwire.Service.Sources.Tcp;

/// <summary>How long a TCP server takes to accept a connection, the look-up of its name included.</summary>
/// <remarks>Owner: a <see cref="SourceRunner"/>. Bound: one connection, closed at once.</remarks>
internal sealed class TcpSource(TcpOptions options, TimeProvider time) : IAsyncStatusSource
{
    public string Name => options.Name;

    public async Task ReadAsync(StatusReport report, CancellationToken cancellation)
    {
        long started = time.GetTimestamp();
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(options.Host, options.Port, cancellation).ConfigureAwait(false);
        }
        catch (SocketException exception)
        {
            throw new SourceFailure($"No connection to {options.Host}:{options.Port}: {exception.Message}.", exception);
        }
        report.Begin(options.Topic);
        report.WriteText("state", "ok");
        report.Write("connect_ms", time.GetElapsedTime(started).TotalMilliseconds, decimals: 3);
        report.End();
    }
}
