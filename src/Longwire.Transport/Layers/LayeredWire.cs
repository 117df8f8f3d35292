using Longwire.Primitives;

namespace Longwire.Transport.Layers;

/// <summary>
/// A wire whose bytes go through layers: the streams of <see cref="Layer"/>s stand between it and a socket.
/// </summary>
/// <remarks>
/// Owner: as of any <see cref="Wire"/>. Concurrency: its loop; during the handshake a step on the pool owns the
/// streams, and the loop the socket (<see cref="LayerHandshake"/>). Bound: a write takes at most <see
/// cref="BatchBytes"/>, or <see cref="MaxMessageBytes"/> of one message, and is pending until the socket has taken all
/// that became of them, so that what waits stays plain and can be conflated; at most <see cref="MaxWaitingBytes"/>
/// wait below the layers. While it waits for input it holds no buffer of ours, if the topmost layer can do without
/// (<see cref="Layer.AwaitsWithoutBuffer"/>).
/// </remarks>
public sealed partial class LayeredWire : Wire, IWireHandler
{
    /// <summary>
    /// Most bytes of several messages that one write takes: what a TLS record holds, 16 KiB (RFC 8446 §5.1).
    /// </summary>
    public const int BatchBytes = 16 << 10;

    /// <summary>
    /// Most bytes of a single message that one write takes, 32 KiB: <see cref="System.Net.Security.SslStream"/> makes
    /// two records of them and writes both at once, so that a message of 16 KiB and a header costs one send.
    /// </summary>
    public const int MaxMessageBytes = 32 << 10;

    /// <summary>Most bytes that may wait below the layers; a layer that writes more fails. 256 KiB.</summary>
    public const int MaxWaitingBytes = 256 << 10;

    private readonly Wire _inner;
    private readonly List<Stream> _streams = []; // from the bottom to the top, without the wire's own
    private LayerHandshake? _handshake;
    private Work? _work; // only for layers that leave the loop
    private TransportError _broken; // what the socket or a layer failed with
    private bool _inTurn; // the handler is called at the turn's end
    private bool _hasNews;
    private bool _sawEnd;

    /// <summary>Takes over a wire; <see cref="Begin"/> opens the layers.</summary>
    /// <param name="inner">An accepted or dialled wire that is in no loop's hands yet.</param>
    /// <param name="layers">From the socket upwards; at least one.</param>
    public LayeredWire(Wire inner, IReadOnlyList<Layer> layers)
    {
        ArgumentNullException.ThrowIfNull(inner);
        ArgumentNullException.ThrowIfNull(layers);
        ArgumentOutOfRangeException.ThrowIfZero(layers.Count, nameof(layers));
        _inner = inner;
        Layers = layers;
        Remote = inner.Remote;
        Context = new LayerContext(inner.Remote);
        Bottom = new WireStream(this);
        _onRead = OnRead;
        IsWritable = false;
    }

    /// <summary>The layers, from the socket upwards.</summary>
    public IReadOnlyList<Layer> Layers { get; }

    /// <summary>What the layers found out about the peer.</summary>
    public LayerContext Context { get; }

    internal WireStream Bottom { get; }

    /// <summary>Who opens the layers; null once they are open.</summary>
    internal LayerHandshake? Handshake => Volatile.Read(ref _handshake);

    internal Stream Top => _streams.Count == 0 ? Bottom : _streams[^1];

    /// <summary>The peer's FIN, or a broken socket.</summary>
    internal bool HasEnded => _sawEnd || _broken != TransportError.None;

    /// <summary>True when the caller is the loop and no step of the handshake owns the streams.</summary>
    internal bool MayTouchSocket => _handshake is null && Loop!.IsCurrent;

    /// <summary>Takes the socket into the loop and opens the layers; on the loop.</summary>
    /// <param name="loop">The loop.</param>
    /// <param name="gate">Limits the concurrent steps of handshakes.</param>
    /// <param name="timeout">When the wire is closed with <see cref="HandshakeFailure.TimedOut"/>.</param>
    /// <param name="handler">Told once how it ended.</param>
    public void Begin(Loop loop, HandshakeGate gate, TimeSpan timeout, IHandshakeHandler handler)
    {
        ArgumentNullException.ThrowIfNull(loop);
        Loop = loop;
        _handshake = new LayerHandshake(this, gate, handler);
        loop.Add(_inner, this);
        _handshake.Arm(timeout);
        if (!Layers[0].AwaitsPeer)
            _handshake.Start();
    }

    /// <inheritdoc/>
    public override bool IsShuttingDown => _isEnding && !_isShutDown;

    /// <inheritdoc/>
    public override bool TryGetStatistics(out TcpStatistics statistics) => _inner.TryGetStatistics(out statistics);

    /// <inheritdoc/>
    public override void ShutdownWrite()
    {
        if (IsClosed || _isEnding)
            return;
        _isEnding = true;
        IsWritable = false;
        _ = EndAsync(); // observes its own exceptions
    }

    /// <inheritdoc/>
    public override void Close(CloseMode mode)
    {
        if (IsClosed)
            return;
        IsClosed = true;
        IsReadable = IsWritable = HasPendingWrite = _hasCompleted = false;
        _inner.Close(mode);
        ReleaseWaiting();
        if (_handshake is { } handshake)
        {
            handshake.OnClosed();
            return;
        }
        HasPendingWrite = Handler is not null && _inner.HasPendingWrite; // a frame is the poller's until it is told
        Advance();
        ReturnReadLease();
        _ = DisposeAsync();
    }

    /// <inheritdoc/>
    public override string? ToString() => Handler?.ToString() ?? $"handshake with {Remote}";

    /// <summary>The socket has something to tell.</summary>
    void IWireHandler.OnReady()
    {
        if (_handshake is { } handshake)
        {
            if (_inner.IsReadable && !IsClosed)
                handshake.Start();
            Advance();
            return;
        }
        _inTurn = true;
        Advance();
        _inTurn = false;
        if (!_hasNews)
            return;
        _hasNews = false;
        Handler?.OnReady();
    }

    /// <summary>On the loop: writes what waits below the layers, and reads what they wait for.</summary>
    internal void Advance()
    {
        FlushWaiting();
        if (Bottom.TryFill())
        {
            if (_handshake is { } handshake)
                handshake.Resume();
            else
                Bottom.Complete();
        }
        if (_isReading && _read.IsCompleted)
            OnReadEnded();
        if (_isWriting && _write.IsCompleted)
            OnWriteEnded();
    }

    /// <summary>In a step: one layer more is open.</summary>
    internal void Push(Stream stream) => _streams.Add(stream);

    /// <summary>On the loop: the streams are the loop's again.</summary>
    internal void OnHandshakeEnded(HandshakeFailure failure)
    {
        _handshake = null;
        if (IsClosed)
        {
            _ = DisposeAsync();
            return;
        }
        // At once: the peer's first bytes may be inside a layer already, and no readiness would tell.
        IsReadable = failure == HandshakeFailure.None;
        IsWritable = failure == HandshakeFailure.None && _waiting is null;
    }

    internal override void AddTo(Poller poller)
    {
        if (IsReadable)
            Loop!.MarkReady(this);
    }

    /// <summary>Something happened off the loop: brings the wire there.</summary>
    internal void PostWork()
    {
        Work work = _work ?? Interlocked.CompareExchange(ref _work, new Work(this), null) ?? _work;
        Loop!.Post(work);
    }

    /// <summary>The handler has something to look at.</summary>
    private void Tell()
    {
        if (_inTurn)
            _hasNews = true;
        else
            Loop!.MarkReady(this);
    }

    /// <summary>Gives up the streams; what they write now goes nowhere.</summary>
    private async Task DisposeAsync()
    {
        try
        {
            await Top.DisposeAsync().ConfigureAwait(false); // as a rule it disposes those below
            foreach (Stream stream in _streams)
                await stream.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            Loop!.Tenant?.OnFault(exception, this);
        }
    }

    private async Task EndAsync()
    {
        try
        {
            for (int i = _streams.Count - 1; i >= 0; i--)
                await Layers[i].EndAsync(_streams[i]).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            Break(exception); // mostly the peer is gone: there is nobody to tell
        }
        _isEnded = true;
        if (Loop!.IsCurrent)
            FlushWaiting();
        else
            PostWork();
    }

    /// <summary>Brings what happened off the loop to it.</summary>
    private sealed class Work(LayeredWire wire) : LoopWork
    {
        protected internal override void Run() => wire.Advance();
    }
}
