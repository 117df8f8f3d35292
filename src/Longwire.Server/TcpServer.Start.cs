using System.Net.Sockets;
using Longwire.Primitives;
using Longwire.Transport;
using Longwire.Transport.Layers;

namespace Longwire;

// What a start makes: bound sockets, loops, and the door.
public sealed partial class TcpServer
{
    /// <summary>Makes the loops without starting them; a simulation steps them itself.</summary>
    internal void CreateLoops()
    {
        _metrics = new ServerMetrics(this);
        while (_hosts.Length < _builder.LoopCount)
            _hosts = [.. _hosts, new LoopHost(this, CreateLoop(_hosts.Length), _budget)];
    }

    /// <summary>Takes accepted wires for an endpoint.</summary>
    internal IAcceptHandler AcceptorFor(int endpoint) => new Acceptor(this, _endpoints[endpoint]);

    private void Watch(TlsServerLayer tls, ListenAddress address) => tls.Reloaded += failure =>
    {
        _metrics!.CertificatesReloaded(failure is null);
        if (failure is null)
            Log.CertificatesReloaded(Logger, address);
        else
            Log.CertificatesKept(Logger, address, failure.Message);
    };

    private Loop CreateLoop(int index)
    {
        Poller poller = _builder.CreatePoller(index);
        try
        {
            return new Loop(index, poller, Pool, Time);
        }
        catch
        {
            poller.Dispose();
            throw;
        }
    }

    private Socket[] Bind()
    {
        var sockets = new List<Socket>();
        foreach (Endpoint endpoint in _endpoints)
        {
            try
            {
                sockets.Add(endpoint.Address.Bind(endpoint.Options.Listen));
            }
            catch (Exception exception)
            {
                sockets.ForEach(ListenAddress.Unbind);
                if (exception is SocketException refused)
                    throw new ListenException(endpoint.Address, refused);
                throw;
            }
        }
        return [.. sockets];
    }

    /// <summary>The door: admission, then the least loaded loop.</summary>
    private sealed class Acceptor(TcpServer server, Endpoint endpoint) : IAcceptHandler
    {
        public void OnAccepted(Wire wire)
        {
            CloseReason refusal = server._draining ? CloseReason.ServerShutdown : Admit(wire.Remote);
            if (refusal != CloseReason.None)
            {
                server.Refuse(wire, refusal);
                return;
            }
            LoopHost host = server._hosts[0];
            foreach (LoopHost other in server._hosts)
            {
                if (Volatile.Read(ref other.Load) < Volatile.Read(ref host.Load))
                    host = other;
            }
            Interlocked.Increment(ref host.Load);
            Interleaving.Point();
            if (endpoint.Proxies is not null)
            {
                host.Loop.Post(new ProxyHandshake(server, endpoint, host, wire));
                return;
            }
            server._metrics!.Accepted();
            if (endpoint.Layers.Count > 0)
            {
                host.Loop.Post(new Handshake(endpoint, host, new LayeredWire(wire, endpoint.Layers)));
                return;
            }
            Connection connection = endpoint.Handlers.CreateConnection();
            connection.Prepare(endpoint, host, wire);
            host.Loop.Post(connection); // its first run brings it into the loop's table
        }

        /// <summary>A proxy's connection takes a place, too; whose it is in the end is known later.</summary>
        private CloseReason Admit(PeerAddress peer)
        {
            if (endpoint.Proxies is not { } proxies)
                return server.Admission.TryEnter(peer);
            return proxies.Contains(peer) ? server.Admission.TryEnter(default) : CloseReason.UntrustedProxy;
        }

        public void OnAcceptFailed(TransportError error, TimeSpan backOff)
        {
            server._metrics!.AcceptFailed();
            Log.AcceptFailed(server.Logger, error, backOff);
        }
    }
}
