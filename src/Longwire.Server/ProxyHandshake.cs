using System.Net;
using Longwire.Primitives;
using Longwire.Transport;
using Longwire.Transport.Layers;

namespace Longwire;

/// <summary>
/// A proxy's connection until the proxy has said whose it is; then it is that client's, from the first byte behind the
/// header on.
/// </summary>
/// <remarks>
/// Owner: its loop's host. Concurrency: that loop. Bound: one header (<see cref="ProxyHeaderDecoder"/>) and <see
/// cref="EndpointOptions.ProxyHeaderTimeout"/>; it has a place under <see cref="ServerLimits.MaxConnections"/>.
/// It reads no byte beyond the header, so the connection, or a layer below it, finds its own in the socket.
/// </remarks>
internal sealed class ProxyHandshake(TcpServer server, Endpoint endpoint, LoopHost host, Wire wire)
    : TimedWork, IWireHandler
{
    private readonly ProxyHeaderDecoder _decoder = new(host.Pool);

    /// <summary>The one post, from the acceptor.</summary>
    protected internal override void Run()
    {
        host.ProxyHandshakes.Add(this);
        host.Loop.Add(wire, this);
        host.Loop.Wheel.Arm(this, host.Loop.NowTick + Loop.ToTicks(endpoint.Options.ProxyHeaderTimeout));
        if (host.IsDraining)
            Refuse(CloseReason.ServerShutdown);
        else if (wire.IsReadable)
            host.Loop.MarkReady(wire);
    }

    protected internal override void OnTimer(long tick) => Refuse(CloseReason.ProxyHeaderTimeout);

    public void OnReady()
    {
        while (wire.IsReadable)
        {
            Span<byte> buffer = host.Loop.ReceiveBuffer[.._decoder.Missing];
            IoResult result = wire.Read(buffer);
            if (result.Status == IoStatus.WouldBlock)
                return;
            if (result.Status != IoStatus.Done)
            {
                Refuse(result.Status == IoStatus.EndOfStream ? CloseReason.PeerClosed : CloseReason.PeerReset);
                return;
            }
            host.Counters.BytesReceived += result.Bytes;
            ReadOnlySpan<byte> input = buffer[..result.Bytes];
            DecodeStatus status = _decoder.Decode(ref input, out _);
            if (status == DecodeStatus.NeedMore)
                continue;
            if (status == DecodeStatus.Frame)
                Complete(_decoder.Source);
            else
                Refuse(_decoder.Error == FrameError.OutOfMemory
                    ? CloseReason.MemoryPressure : CloseReason.InvalidProxyHeader);
            return;
        }
    }

    /// <summary>Closes the connection, which never was anybody's.</summary>
    internal void Refuse(CloseReason reason)
    {
        End();
        server.Refuse(wire, reason);
        Interlocked.Decrement(ref host.Load);
        server.OnFinished(default);
    }

    /// <summary>Without a named client the connection is the proxy's own: a health check, mostly.</summary>
    private void Complete(IPEndPoint? source)
    {
        PeerAddress client = source is null ? wire.Remote : PeerAddress.From(source);
        CloseReason refusal = server.Admission.TryName(client);
        if (refusal != CloseReason.None)
        {
            wire.Remote = client;
            Refuse(refusal);
            return;
        }
        End();
        wire.Remote = client;
        server.Metrics.Accepted();
        if (endpoint.Layers.Count > 0)
        {
            host.Loop.Post(new Handshake(endpoint, host, new LayeredWire(wire, endpoint.Layers)));
            return;
        }
        Connection connection = endpoint.Handlers.CreateConnection();
        connection.Prepare(endpoint, host, wire);
        host.Add(connection);
    }

    private void End()
    {
        host.ProxyHandshakes.Remove(this);
        host.Loop.Wheel.Disarm(this);
        _decoder.Dispose();
    }
}
