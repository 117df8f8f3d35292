using Longwire.Primitives;
using Longwire.Transport;
using Longwire.Transport.Layers;

namespace Longwire;

/// <summary>
/// An accepted client whose layers are being opened; it becomes a <see cref="Connection"/> when they are.
/// </summary>
/// <remarks>
/// Owner: the loop that it was given to. Concurrency: that loop. Bound: it counts in the admission, as connections do;
/// <see cref="EndpointOptions.HandshakeTimeout"/> and <see cref="ServerLimits.MaxConcurrentHandshakes"/>.
/// </remarks>
internal sealed class Handshake(Endpoint endpoint, LoopHost host, LayeredWire wire) : LoopWork, IHandshakeHandler
{
    private readonly long _started = host.Server.Time.GetTimestamp();

    public void OnHandshakeEnded(LayeredWire wire, HandshakeFailure failure, Exception? exception)
    {
        TcpServer server = host.Server;
        host.Handshakes.Remove(this);
        server.Metrics.HandshakeEnded(failure, server.Time.GetElapsedTime(_started));
        if (failure == HandshakeFailure.None)
        {
            Connection connection = endpoint.Handlers.CreateConnection();
            connection.Prepare(endpoint, host, wire);
            host.Add(connection);
            return;
        }
        Log.HandshakeFailed(
            server.Logger, failure == HandshakeFailure.Other ? exception : null, wire.Remote, endpoint.Address, failure,
            Explain(exception));
        wire.Close(CloseMode.Close);
        Interlocked.Decrement(ref host.Load);
        CloseReason reason = failure switch
        {
            HandshakeFailure.TimedOut => CloseReason.HandshakeTimeout,
            HandshakeFailure.OutOfMemory => CloseReason.MemoryPressure,
            HandshakeFailure.Closed when host.IsDraining => CloseReason.ServerShutdown,
            _ => CloseReason.HandshakeFailed,
        };
        server.Metrics.Closed(reason);
        server.OnFinished(wire.Remote);
    }

    /// <summary>The drain: there is nobody yet to say goodbye to.</summary>
    internal void Abort() => wire.Close(CloseMode.Abort);

    /// <summary>On its loop: the first post, from the acceptor.</summary>
    protected internal override void Run()
    {
        host.Handshakes.Add(this);
        wire.Begin(host.Loop, host.Server.Gate, endpoint.Options.HandshakeTimeout, this);
        if (host.IsDraining)
            Abort();
    }

    private static string Explain(Exception? exception)
    {
        for (; exception?.InnerException is not null; exception = exception.InnerException)
        {
        }
        return exception?.Message ?? "no more is known";
    }
}
