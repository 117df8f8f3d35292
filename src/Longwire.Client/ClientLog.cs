using Microsoft.Extensions.Logging;

namespace Longwire;

/// <summary>The clients' log events; the ids are stable.</summary>
internal static partial class ClientLog
{
    [LoggerMessage(1301, LogLevel.Information, "Connected to {Server}")]
    internal static partial void Connected(ILogger logger, string server);

    [LoggerMessage(1302, LogLevel.Warning, "Not connected to {Server}: {Reason}; next attempt in {Delay}")]
    internal static partial void Waiting(ILogger logger, string server, string reason, TimeSpan delay);

    [LoggerMessage(1303, LogLevel.Information, "{Server} says goodbye, not to be asked for {Delay}: {Reason}")]
    internal static partial void Goodbye(ILogger logger, string server, TimeSpan delay, string reason);

    [LoggerMessage(1304, LogLevel.Error, "The handler of {Request} threw")]
    internal static partial void RequestThrew(ILogger logger, Exception exception, string request);

    [LoggerMessage(1305, LogLevel.Error, "{Culprit} threw on the clients' loop")]
    internal static partial void Fault(ILogger logger, Exception exception, string culprit);

    [LoggerMessage(1306, LogLevel.Warning, "{Culprit} held the clients' loop for {Milliseconds:F0} ms")]
    internal static partial void Held(ILogger logger, string culprit, double milliseconds);
}
