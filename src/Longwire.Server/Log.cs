using Longwire.Transport;
using Longwire.Transport.Layers;
using Microsoft.Extensions.Logging;

namespace Longwire;

/// <summary>The server's log events; the ids are stable.</summary>
internal static partial class Log
{
    [LoggerMessage(1001, LogLevel.Information, "Listening on {Address} ({Poller}, {Loops} loops)")]
    internal static partial void Listening(ILogger logger, string address, string poller, int loops);

    [LoggerMessage(1004, LogLevel.Warning, "An optional endpoint is left out: {Problem}")]
    internal static partial void NotListening(ILogger logger, string problem);

    [LoggerMessage(1002, LogLevel.Information, "Draining {Connections} connections, at most {Deadline}")]
    internal static partial void Draining(ILogger logger, int connections, TimeSpan deadline);

    [LoggerMessage(1003, LogLevel.Information, "Stopped; {Aborted} connections had to be aborted")]
    internal static partial void Stopped(ILogger logger, int aborted);

    [LoggerMessage(1101, LogLevel.Debug, "Connection {Id} from {Remote} connected to {Endpoint}")]
    internal static partial void Connected(ILogger logger, long id, PeerAddress remote, ListenAddress endpoint);

    [LoggerMessage(1102, LogLevel.Debug, "Connection {Id} from {Remote} closed: {Reason}")]
    internal static partial void Closed(ILogger logger, long id, PeerAddress remote, CloseReason reason);

    [LoggerMessage(1103, LogLevel.Warning, "Connection from {Remote} refused: {Reason}")]
    internal static partial void Refused(ILogger logger, PeerAddress remote, CloseReason reason);

    [LoggerMessage(1105, LogLevel.Debug, "Handshake with {Remote} at {Endpoint} failed: {Failure} ({Explanation})")]
    internal static partial void HandshakeFailed(
        ILogger logger, Exception? exception, PeerAddress remote, ListenAddress endpoint, HandshakeFailure failure,
        string explanation);

    [LoggerMessage(1106, LogLevel.Information, "{Endpoint} has loaded its changed certificates")]
    internal static partial void CertificatesReloaded(ILogger logger, ListenAddress endpoint);

    [LoggerMessage(1107, LogLevel.Error, "{Endpoint} keeps its certificates, as the changed ones fail: {Problem}")]
    internal static partial void CertificatesKept(ILogger logger, ListenAddress endpoint, string problem);

    [LoggerMessage(1104, LogLevel.Warning, "Accepting failed: {Error}; next attempt after {BackOff}")]
    internal static partial void AcceptFailed(ILogger logger, TransportError error, TimeSpan backOff);

    [LoggerMessage(1108, LogLevel.Debug, "Proxy {Remote} left before it said who its client is: {Reason}")]
    internal static partial void ProxyLeft(ILogger logger, PeerAddress remote, CloseReason reason);

    [LoggerMessage(1201, LogLevel.Error, "A handler of connection {Id} failed; the connection is closed")]
    internal static partial void HandlerFailed(ILogger logger, Exception exception, long id);

    [LoggerMessage(1204, LogLevel.Error, "A delivery writer of {Endpoint} failed on {Topic}; the message is dropped")]
    internal static partial void WriterFailed(ILogger logger, Exception exception, string endpoint, string topic);

    [LoggerMessage(1202, LogLevel.Warning, "{Culprit} held loop {Loop} for {Milliseconds:F0} ms; all on it waited")]
    internal static partial void LoopHeld(ILogger logger, string culprit, int loop, double milliseconds);

    [LoggerMessage(1205, LogLevel.Warning, "{Culprit} holds loop {Loop} for more than a second now; all on it wait")]
    internal static partial void LoopStuck(ILogger logger, string culprit, int loop);

    [LoggerMessage(1203, LogLevel.Critical, "Loop {Loop} caught a defect in {Culprit}; please report it")]
    internal static partial void LoopFault(ILogger logger, Exception exception, int loop, string culprit);
}
