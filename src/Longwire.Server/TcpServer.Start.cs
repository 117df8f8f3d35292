using System.Net.Sockets;
using Longwire.Primitives;
using Longwire.Transport;
using Longwire.Transport.Layers;

namespace Longwire;

// What a start makes: bound sockets, loops, and the door.
public sealed partial class TcpServer
{
    /// <summary>
    /// The optional endpoints (<see cref="EndpointBuilder{TSession}.Optional"/>) that could not be bound, and why.
    /// </summary>
    public IReadOnlyList<ListenException> Unbound { get; private set; } = [];

    /// <summary>Completes when every loop has taken a turn: none is held by a callback, or gone.</summary>
    /// <exception cref="InvalidOperationException">The server does not run.</exception>
    public Task CheckLoopsAsync(CancellationToken cancellation = default)
    {
        if (_hosts.Length == 0 || _stopping is not null)
            throw new InvalidOperationException("The server does not run.");
        return Task.WhenAll(_hosts.Select(static host =>
        {
            var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            host.Post(turn.SetResult);
            return turn.Task;
        })).WaitAsync(cancellation);
    }

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

    private List<(Endpoint Endpoint, Socket Socket)> Bind()
    {
        var bound = new List<(Endpoint Endpoint, Socket Socket)>();
        var unbound = new List<ListenException>();
        try
        {
            foreach (Endpoint endpoint in _endpoints)
            {
                try
                {
                    bound.Add((endpoint, endpoint.Address.Bind(endpoint.Options.Listen)));
                }
                catch (SocketException refused)
                {
                    var failure = new ListenException(endpoint.Address, refused);
                    if (!endpoint.IsOptional)
                        throw failure;
                    unbound.Add(failure);
                }
            }
            if (bound.Count == 0)
                throw unbound[0]; // a server that nobody can reach has not started
        }
        catch
        {
            bound.ForEach(static place => ListenAddress.Unbind(place.Socket));
            throw;
        }
        unbound.ForEach(failure => Log.NotListening(Logger, failure.Message));
        Unbound = unbound;
        return bound;
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
