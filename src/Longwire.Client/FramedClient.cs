using System.Net;
using System.Security.Cryptography;
using Longwire.Primitives;
using Longwire.Transport;
using Longwire.Transport.Layers;

namespace Longwire;

/// <summary>
/// A connection that comes back, for a protocol of one's own: any codec, any layers. What is sent while there is none
/// is refused, not kept: what a new connection needs is for <see cref="FramedClientOptions.OnConnected"/> to send.
/// </summary>
/// <remarks>
/// Owner: whoever made it. Concurrency: public members from any thread; handlers run on its loop, one at a time.
/// Bound: <see cref="ConnectOptions.SendBytes"/> to send, one message of the codec's limit to receive.
/// </remarks>
public sealed class FramedClient : IAsyncDisposable
{
    private static readonly TimeSpan s_farewell = TimeSpan.FromSeconds(2); // for what waits to be sent at the end

    private readonly FramedClientOptions _options;
    private readonly IReadOnlyList<ServerAddress> _servers;
    private readonly IReadOnlyList<Layer>[] _layers; // by server
    private readonly TimeSpan[] _notBefore; // of the loop's clock, by server
    private readonly Clock _clock;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly bool _saysHealthy;
    private volatile ClientLink? _link; // the open one
    private ClientLink? _attempt; // the open one, or the one that is dialled
    private IEnumerator<EndPoint>? _targets; // the server's other addresses
    private int _server;
    private int _triedInRound;
    private TimeSpan _backOff;
    private bool _isHealthy;
    private bool _isClosing;
    private int _isDisposed;

    /// <summary>Starts to connect.</summary>
    /// <exception cref="ArgumentException">An option is out of range; the message names it.</exception>
    /// <exception cref="CertificateException">One of <see cref="ConnectOptions.Tls"/> cannot be used.</exception>
    public FramedClient(FramedClientOptions options)
        : this(options, saysHealthy: false) => Start();

    /// <param name="options">The options.</param>
    /// <param name="saysHealthy">
    /// The owner calls <see cref="SetHealthy"/> and <see cref="ReportConnected"/>; else the first message and the open
    /// connection do.
    /// </param>
    internal FramedClient(FramedClientOptions options, bool saysHealthy)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _servers = options.Validate();
        _saysHealthy = saysHealthy;
        _layers = [.. _servers.Select(LayersFor)];
        _notBefore = new TimeSpan[_servers.Count];
        _backOff = options.MinBackOff;
        Loop = options.Loop ?? ClientLoop.Shared;
        SilenceTimeout = options.SilenceTimeout;
        Status = new ClientStatus(ClientState.Connecting, null, null, TimeSpan.Zero);
        _clock = new Clock(this);
    }

    /// <summary>Told each change of <see cref="Status"/>, on the client's loop: do not block.</summary>
    public event Action<ClientStatus>? StatusChanged;

    /// <summary>Where the client stands.</summary>
    public ClientStatus Status { get; private set; }

    internal ClientLoop Loop { get; }

    /// <summary>The open connection.</summary>
    internal ClientLink? Link => _link;

    /// <summary>As <see cref="FramedClientOptions.SilenceTimeout"/>; on the loop, for the present connection.</summary>
    internal TimeSpan SilenceTimeout { get; set; }

    private TimeSpan Now => Loop.Loop.NowTick * TimerWheel.Tick;

    /// <summary>Queues a message on the open connection; it never waits.</summary>
    /// <returns>
    /// <see cref="SendResult.Closed"/> without a connection, <see cref="SendResult.Full"/> when
    /// <see cref="ConnectOptions.SendBytes"/> wait.
    /// </returns>
    public SendResult Send(ReadOnlySpan<byte> message) => _link?.TrySend(message) ?? SendResult.Closed;

    /// <summary>Cuts the connection; the client then goes on as after any loss.</summary>
    /// <param name="reason">For the status and the log.</param>
    public void Disconnect(string reason)
    {
        ClientLink? link = _link;
        Post(() => link?.Break(reason));
    }

    /// <summary>Does not ask the present server again for this time, whatever ends its connection.</summary>
    public void StayAway(TimeSpan time)
    {
        if (Loop.Loop.IsCurrent)
            _notBefore[_server] = Now + time; // ahead of the end of the connection, which may come in the same turn
        else
            Post(() => StayAway(time));
    }

    /// <summary>Sends what waits, for up to 2 s, and ends the connection; no further one is made.</summary>
    public ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
            Post(BeginClose);
        return new ValueTask(_ended.Task);
    }

    internal void Start() => Loop.Loop.Post(_clock);

    /// <summary>The connection works: the next loss begins with the shortest wait.</summary>
    internal void SetHealthy()
    {
        _isHealthy = true;
        _triedInRound = 0;
        _backOff = _options.MinBackOff;
    }

    internal void ReportConnected()
    {
        Report(ClientState.Connected, null);
        ClientLog.Connected(_options.Logger, _servers[_server].Text);
    }

    internal void Post(Action run) => Loop.Loop.Post(new Posted(run));

    internal void LinkOpened(ClientLink link)
    {
        _link = link;
        if (_options.OnConnected is { } connected && !Call(nameof(_options.OnConnected), () => connected(this)))
        {
            link.Break("OnConnected threw");
            return;
        }
        if (!_saysHealthy)
            ReportConnected();
        WatchSilence();
    }

    internal void DialFailed(ClientLink link, string reason)
    {
        if (link != _attempt || _isClosing)
            return;
        if (_targets?.MoveNext() == true)
            Dial(_targets.Current);
        else
            NextServer(reason);
    }

    internal void Received(ClientLink link, ReadOnlySpan<byte> message)
    {
        if (!_saysHealthy && !_isHealthy)
            SetHealthy();
        if (link == _link)
            _options.OnMessage(this, message);
    }

    internal void LinkEnded(ClientLink link, string reason)
    {
        if (link != _attempt)
            return;
        bool wasOpen = _link is not null;
        _link = null;
        _attempt = null;
        SilenceTimeout = _options.SilenceTimeout;
        if (wasOpen && _options.OnDisconnected is { } disconnected)
            Call(nameof(_options.OnDisconnected), () => disconnected(this, reason));
        if (_isClosing)
            End();
        else if (_isHealthy)
            Wait(reason);
        else
            NextServer(reason); // it let us in and was of no use
    }

    /// <summary>Arms the look for a server that says nothing; on the loop.</summary>
    internal void WatchSilence()
    {
        if (SilenceTimeout != Timeout.InfiniteTimeSpan && _link is not null && !_isClosing)
            Arm(SilenceTimeout / 3);
    }

    private void Arm(TimeSpan time) => Loop.Loop.Wheel.Arm(_clock, Loop.Loop.NowTick + Transport.Loop.ToTicks(time));

    private void OnTime()
    {
        if (_isClosing)
            _attempt?.Break("closed");
        else if (_link is { } link)
            CheckSilence(link);
        else if (_attempt is null)
            Attempt();
    }

    private void CheckSilence(ClientLink link)
    {
        TimeSpan silent = (Loop.Loop.NowTick - link.LastReceived) * TimerWheel.Tick;
        if (silent >= SilenceTimeout)
        {
            link.Break($"nothing was received for {silent.TotalSeconds:0.#} s");
            return;
        }
        if (silent >= SilenceTimeout / 3 && _options.OnSilence is { } ask)
            Call(nameof(_options.OnSilence), () => ask(this));
        WatchSilence();
    }

    private void Attempt()
    {
        if (_isClosing)
            return;
        if (_notBefore[_server] > Now)
        {
            // The one that asked for rest is left alone: another, or the one that may be asked first.
            int next = Enumerable.Range(0, _servers.Count).Select(i => (_server + i) % _servers.Count)
                .MinBy(i => Max(_notBefore[i], Now));
            _server = next;
            if (_notBefore[next] > Now)
            {
                Arm(_notBefore[next] - Now);
                return;
            }
        }
        ServerAddress server = _servers[_server];
        _isHealthy = false;
        Report(ClientState.Connecting, Status.Reason);
        if (server.AsEndPoint() is { } known)
        {
            _targets = null;
            Dial(known);
            return;
        }
        var resolving = new ClientLink(this, _options.Codec, 0); // stands for the attempt while the name is looked up
        _attempt = resolving;
        _ = Resolve(server, resolving);
    }

    private async Task Resolve(ServerAddress server, ClientLink resolving)
    {
        IEnumerable<EndPoint> found = [];
        string? problem = null;
        try
        {
            using var timeout = new CancellationTokenSource(_options.ConnectTimeout, Loop.Time);
            IPAddress[] addresses = await Dns.GetHostAddressesAsync(server.Host, timeout.Token).ConfigureAwait(false);
            found = addresses.Select(address => new IPEndPoint(address, server.Port));
        }
        catch (Exception failed)
        {
            problem = failed is OperationCanceledException ? "the name was not resolved in time" : failed.Message;
        }
        Post(() =>
        {
            if (_attempt != resolving || _isClosing)
                return;
            _targets = found.GetEnumerator();
            DialFailed(resolving, problem ?? "the name has no address"); // the first address is the next one
        });
    }

    private void Dial(EndPoint target)
    {
        var link = new ClientLink(this, _options.Codec, _options.SendBytes);
        _attempt = link;
        Loop.Loop.Dial(
            target,
            new DialOptions { Timeout = _options.ConnectTimeout, Tcp = _options.Tcp, Layers = _layers[_server] },
            link);
    }

    private IReadOnlyList<Layer> LayersFor(ServerAddress server)
    {
        IReadOnlyList<Layer> layers = _options.Layers(server.Host);
        return server.IsTls ? [new TlsClientLayer(_options.Tls(server.Host)), .. layers] : layers;
    }

    private void NextServer(string reason)
    {
        _attempt = null;
        if (++_triedInRound >= _servers.Count)
        {
            Wait(reason);
            return;
        }
        Report(ClientState.Connecting, reason);
        _server = (_server + 1) % _servers.Count;
        Attempt();
    }

    /// <summary>Waits before the next round of attempts.</summary>
    private void Wait(string reason)
    {
        bool wasTried = _triedInRound > 0;
        _triedInRound = 0;
        TimeSpan delay = _backOff * (1 - (Jitter() / 2));
        _backOff = TimeSpan.FromTicks(Math.Min(2 * _backOff.Ticks, _options.MaxBackOff.Ticks));
        if (_servers.Count == 1)
            delay = Max(delay, _notBefore[0] - Now);
        Report(ClientState.Waiting, reason, delay);
        ClientLog.Waiting(_options.Logger, _servers[_server].Text, reason, delay);
        if (wasTried)
            _server = (_server + 1) % _servers.Count;
        Arm(delay);
    }

    private void BeginClose()
    {
        _isClosing = true;
        if (_link is { } open)
        {
            Arm(s_farewell);
            open.Finish();
        }
        else
        {
            _attempt?.Break("closed");
            if (!_ended.Task.IsCompleted)
                End();
        }
    }

    private void End()
    {
        Loop.Loop.Wheel.Disarm(_clock);
        _targets?.Dispose();
        Report(ClientState.Closed, Status.Reason);
        _ended.TrySetResult();
    }

    private void Report(ClientState state, string? reason, TimeSpan retry = default)
    {
        Status = new ClientStatus(state, _servers[_server].Text, reason, retry);
        if (StatusChanged is { } changed)
            Call(nameof(StatusChanged), () => changed(Status));
    }

    /// <summary>Calls the application; what it throws is told, and stops nothing here.</summary>
    private bool Call(string what, Action call)
    {
        try
        {
            call();
            return true;
        }
        catch (Exception exception)
        {
            ClientLog.Fault(_options.Logger, exception, what);
            return false;
        }
    }

    /// <summary>A random part, from 0 to 1.</summary>
    internal static double Jitter() => RandomNumberGenerator.GetInt32(1 << 20) / (double)(1 << 20);

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;

    /// <summary>The client's place in its loop's wheel: the next attempt, the look for silence, the farewell.</summary>
    private sealed class Clock(FramedClient client) : TimedWork
    {
        public override string ToString() => $"the client of {client._servers[0]}";

        protected override void Run() => client.Attempt();

        protected override void OnTimer(long tick) => client.OnTime();
    }

    private sealed class Posted(Action run) : LoopWork
    {
        protected override void Run() => run();
    }
}
