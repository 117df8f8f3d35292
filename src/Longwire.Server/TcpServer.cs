using System.Net.Sockets;
using System.Runtime.InteropServices;
using Longwire.Primitives;
using Longwire.Transport;
using Longwire.Transport.Layers;
using Microsoft.Extensions.Logging;

namespace Longwire;

/// <summary>A server for TCP connections that stay open.</summary>
/// <remarks>
/// Owner: the application. Concurrency: any thread. Bound: <see cref="ServerLimits"/> and each endpoint's <see
/// cref="EndpointOptions"/>. Life: created, started, stopped; it is not started twice.
/// </remarks>
public sealed partial class TcpServer : IAsyncDisposable
{
    /// <summary>
    /// What the topics begin with that groups are sent by: for those who joined, whom a front-end lets nobody overhear.
    /// </summary>
    public const string GroupTopics = "$group/";

    private static readonly TimeSpan s_joinTimeout = TimeSpan.FromSeconds(5);

    private readonly TcpServerBuilder _builder;
    private readonly Endpoint[] _endpoints;
    private readonly OutboxBudget _budget;
    private readonly List<Listener> _listeners = [];
    private readonly TaskCompletionSource _allClosed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private LoopHost[] _hosts = [];
    private ServerMetrics? _metrics;
    private Watchdog? _watchdog;
    private Task? _stopping;
    private volatile bool _draining;
    private int _aborted;

    private TcpServer(TcpServerBuilder builder)
    {
        _builder = builder;
        builder.ServerLimits.Validate(builder.LoopCount);
        if (builder.Endpoints.Count == 0)
            throw new ArgumentException("The server has no endpoint; call Listen(\"tcp://127.0.0.1:7000\", e => …).");
        Time = builder.TimeProvider;
        Logger = builder.LoggerFactory.CreateLogger("Longwire.Server");
        Pool = new SlabPool(builder.MemoryOptions);
        Hub = new Hub(
            Pool, builder.HubOptions with { Topics = [.. builder.HubOptions.Topics, Groups.Rule] }, Time);
        Admission = new Admission(builder.ServerLimits);
        Users = new Users(builder.ServerLimits);
        Gate = new HandshakeGate(builder.ServerLimits.MaxConcurrentHandshakes, Schedule);
        _budget = new OutboxBudget(builder.ServerLimits.OutboxBudgetBytes);
        _endpoints = new Endpoint[builder.Endpoints.Count];
        for (int i = 0; i < _endpoints.Length; i++)
        {
            _endpoints[i] = new Endpoint(i, builder.Endpoints[i], Hub, Time, Logger);
            foreach (TlsServerLayer tls in _endpoints[i].Layers.OfType<TlsServerLayer>())
                Watch(tls, _endpoints[i].Address);
        }
    }

    /// <summary>The topics.</summary>
    public Hub Hub { get; }

    /// <summary>
    /// The addresses that are listened on, with their real ports, in the order of the endpoints; without <see
    /// cref="Unbound"/>.
    /// </summary>
    public IReadOnlyList<string> Addresses { get; private set; } = [];

    /// <summary>Connections at this moment.</summary>
    public int ConnectionCount => Admission.Connections;

    internal SlabPool Pool { get; }

    internal TimeProvider Time { get; }

    internal ILogger Logger { get; }

    internal Admission Admission { get; }

    internal HandshakeGate Gate { get; }

    internal IReadOnlyList<LoopHost> Hosts => _hosts;

    internal ServerMetrics Metrics => _metrics!;

    internal int EndpointCount => _endpoints.Length;

    /// <summary>Describes a server; nothing is opened yet.</summary>
    /// <exception cref="ArgumentException">A setting is out of range; the message names it and what it must
    /// be.</exception>
    /// <exception cref="FormatException">A listen address is malformed.</exception>
    public static TcpServer Create(Action<TcpServerBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        var builder = new TcpServerBuilder();
        configure(builder);
        return new TcpServer(builder);
    }

    /// <summary>Binds the endpoints and starts the loops.</summary>
    /// <exception cref="ListenException">
    /// An endpoint that is not optional could not be bound, or none could; the message names it and the cure.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// The server was started before, or the system's descriptors are too few for its loops.
    /// </exception>
    /// <exception cref="InsufficientMemoryException">The slab pool's ceiling is too low for its loops.</exception>
    public Task StartAsync(CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        if (_hosts.Length > 0)
            throw new InvalidOperationException("A server is started once; create a new one.");
        List<(Endpoint Endpoint, Socket Socket)> bound = Bind();
        try
        {
            CreateLoops();
            foreach (LoopHost host in _hosts)
                host.Loop.Start();
            _watchdog = new Watchdog(_hosts);
        }
        catch
        {
            bound.ForEach(static place => ListenAddress.Unbind(place.Socket));
            Release();
            _hosts = [];
            throw;
        }
        string[] addresses = [.. bound.Select(static place => ListenAddress.Format(place.Socket.LocalEndPoint!))];
        Addresses = addresses;
        LoopHost acceptor = _hosts[0];
        acceptor.Post(() =>
        {
            foreach ((Endpoint endpoint, Socket socket) in bound)
                _listeners.Add(acceptor.Loop.Listen(socket, new Acceptor(this, endpoint)));
        });
        foreach (string address in addresses)
            Log.Listening(Logger, address, acceptor.Loop.PollerName, _hosts.Length);
        return Task.CompletedTask;
    }

    /// <summary>
    /// Drains: stops accepting, says goodbye, flushes, and aborts what is left at the deadline. A further call
    /// awaits the first one.
    /// </summary>
    /// <param name="deadline">Default: <see cref="ServerLimits.DrainTimeout"/>.</param>
    public Task StopAsync(TimeSpan? deadline = null)
    {
        lock (_gate)
            return _stopping ??= _hosts.Length == 0 ? Task.CompletedTask : StopOnceAsync(deadline);
    }

    /// <summary>Starts the server and runs it until the end: see <see cref="WaitForShutdownAsync"/>.</summary>
    public async Task RunAsync(CancellationToken cancellation = default)
    {
        await StartAsync(cancellation).ConfigureAwait(false);
        await WaitForShutdownAsync(cancellation).ConfigureAwait(false);
    }

    /// <summary>
    /// Waits for <paramref name="cancellation"/>, Ctrl-C or SIGTERM, and then stops. A second signal ends the process
    /// at
    /// once.
    /// </summary>
    public async Task WaitForShutdownAsync(CancellationToken cancellation = default)
    {
        var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void OnSignal(PosixSignalContext context) => context.Cancel = end.TrySetResult();
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
        await using (cancellation.Register(() => end.TrySetResult()).ConfigureAwait(false))
            await end.Task.ConfigureAwait(false);
        await StopAsync().ConfigureAwait(false);
    }

    /// <summary>The connection of that id, or null when it is gone.</summary>
    public Connection? Find(long id)
    {
        int loop = LoopHost.LoopOf(id);
        return loop < _hosts.Length ? _hosts[loop].Find(id) : null;
    }

    /// <summary>
    /// Sends a payload to every connection, encoded once per endpoint. Where it does not fit it is dropped and counted;
    /// an endpoint whose codec cannot carry it is left out.
    /// </summary>
    public void SendToAll(ReadOnlySpan<byte> payload)
    {
        foreach (Endpoint endpoint in _endpoints)
        {
            if (Outgoing.TryEncode(endpoint.Codec, payload, Pool, out Frame? frame) != SendResult.Queued)
                continue;
            foreach (LoopHost host in _hosts)
            {
                frame!.AddReference();
                host.Post(() => host.SendToAll(endpoint, frame));
            }
            frame!.Release();
        }
    }

    /// <summary>
    /// Sends a message to all connections that <see cref="Connection.Join"/>ed a group, in the endpoint's form of a
    /// delivery (<see cref="EndpointBuilder{TSession}.Deliver"/>) and under its slow-consumer policy.
    /// </summary>
    /// <exception cref="ArgumentException">The name is no topic name (<see cref="TopicName.Check"/>).</exception>
    public PublishResult SendToGroup(string group, ReadOnlySpan<byte> payload) =>
        Hub.Publish(Groups.TopicOf(group), payload);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await StopAsync().ConfigureAwait(false);

    /// <summary>Where handler queues and handshakes run.</summary>
    internal void Schedule(IThreadPoolWorkItem work)
    {
        if (_builder.Executor is { } executor)
            executor(work);
        else
            ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal: false);
    }

    /// <summary>Begins the end of every connection on a loop, also of those on their way to it; on that loop.</summary>
    internal void BeginDrain(LoopHost host, TimeSpan deadline)
    {
        _draining = true;
        host.Hub.FanOutPublished(); // a token may still be on its way, with messages from before the stop
        host.BeginDrain(deadline);
    }

    /// <summary>A connection ended; on its loop.</summary>
    internal void OnEnded(Connection connection, CloseMode mode)
    {
        _metrics!.Closed(connection.Reason);
        Log.Closed(Logger, connection.Id, connection.Remote, connection.Reason);
        if (_draining && mode == CloseMode.Abort)
            Interlocked.Increment(ref _aborted);
    }

    /// <summary>
    /// A connection's last handler has ended, on any thread. Only then its place is free: a client that reconnects
    /// under a stuck handler must not pile up more of them.
    /// </summary>
    internal void OnFinished(PeerAddress remote)
    {
        Admission.Leave(remote);
        if (_draining && Admission.Connections == 0)
            _allClosed.TrySetResult();
    }

    /// <summary>Turns a connection away at the door, or while its proxy had not said whose it is.</summary>
    internal void Refuse(Wire wire, CloseReason reason)
    {
        if (reason is CloseReason.PeerClosed or CloseReason.PeerReset)
            Log.ProxyLeft(Logger, wire.Remote, reason);
        else
            Log.Refused(Logger, wire.Remote, reason);
        _metrics!.Refused(reason);
        wire.Close(CloseMode.Abort);
    }

    /// <summary>Releases what the stopped loops held.</summary>
    internal void Release()
    {
        foreach (LoopHost host in _hosts)
            host.Loop.Dispose();
        Hub.Clear();
        _metrics?.Dispose();
    }

    private async Task StopOnceAsync(TimeSpan? deadline)
    {
        TimeSpan limit = deadline ?? _builder.ServerLimits.DrainTimeout;
        Log.Draining(Logger, Admission.Connections, limit);
        _draining = true;
        // Each connection ends itself at the deadline; the second more is for loops that are held by a handler.
        Task late = Task.Delay(limit + TimeSpan.FromSeconds(1), Time, default);
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _hosts[0].Post(() =>
        {
            _listeners.ForEach(static listener => listener.Stop());
            closed.TrySetResult();
        });
        await Task.WhenAny(closed.Task, late).ConfigureAwait(false); // from here on nobody comes in
        foreach (LoopHost host in _hosts)
            host.Post(() => BeginDrain(host, limit));
        if (Admission.Connections == 0)
            _allClosed.TrySetResult();
        Task ended = await Task.WhenAny(_allClosed.Task, late).ConfigureAwait(false);
        foreach (LoopHost host in _hosts)
            host.Loop.RequestStop();
        bool joined = true;
        foreach (LoopHost host in _hosts)
            joined &= host.Loop.Join(s_joinTimeout);
        _watchdog?.Dispose();
        if (joined && ended == _allClosed.Task)
            Release();
        Log.Stopped(Logger, _aborted);
    }
}
