using System.Diagnostics.CodeAnalysis;
using System.Security.Principal;
using System.Text;
using Longwire.Primitives;
using Longwire.Transport;
using Longwire.Transport.Layers;

namespace Longwire;

/// <summary>One client's connection. Every public member may be called from any thread.</summary>
/// <remarks>
/// Owner: the loop that it was given to, from accept to close. Concurrency: its fields belong to that loop; other
/// threads leave frames and requests and post it. Bound: its outbox by <see cref="EndpointOptions.OutboxBytes"/>,
/// its waiting messages by <see cref="EndpointOptions.HandlerMessages"/>, its subscriptions, and each wait by a
/// deadline.
/// Life: connecting, open, closing (flushes), lingering (FIN sent, waits for the peer's), closed.
/// </remarks>
public abstract partial class Connection : TimedWork, IWireHandler, ISubscriber
{
    private static readonly object s_closedMark = new();

    private Endpoint _endpoint = null!;
    private LoopHost _host = null!;
    private Wire _wire = null!;
    private object? _posted; // a stack of frames from other threads, or s_closedMark
    private ConnectionExtras? _extras;
    private int _requests;
    private int _reserved; // bytes in the outbox and in _posted; changed by any thread
    private volatile ConnectionState _state;
    private bool _isSealed; // nothing more is taken from other threads: FIN follows what was queued
    private CloseReason _reason;
    private volatile bool _ending;

    private protected Connection()
    {
    }

    /// <summary>The connection's number; unique while the server runs.</summary>
    public long Id { get; private set; }

    /// <summary>The peer's address.</summary>
    public PeerAddress Remote => _wire.Remote;

    /// <summary>The limits and deadlines of its endpoint.</summary>
    public EndpointOptions Options => _endpoint.Options;

    /// <summary>Who the peer is by Negotiate (<see cref="NegotiateServerLayer"/>), or null without it.</summary>
    public IIdentity? Identity => (_wire as LayeredWire)?.Context.Identity;

    /// <summary>What TLS agreed on with the peer, its certificate included; null without TLS.</summary>
    public TlsSession? Tls => (_wire as LayeredWire)?.Context.Tls;

    /// <summary>Why the connection ended; <see cref="CloseReason.None"/> while it is open.</summary>
    public CloseReason Reason => _reason;

    /// <summary>True until the connection begins to close.</summary>
    public bool IsOpen => _state <= ConnectionState.Open && !_ending;

    /// <summary>The application asked for the end: messages that wait are not handled any more.</summary>
    internal bool IsEnding => _ending;

    /// <summary>Completes with the reason when the connection has ended.</summary>
    public Task<CloseReason> Closed => Extras.WhenClosed(this);

    /// <summary>
    /// Cancelled when the connection can no longer be answered: it broke, was aborted, or its half-close grace is over.
    /// </summary>
    public CancellationToken Cancellation => Extras.Token(this);

    /// <summary>
    /// The messages, for a handler that pulls (<see cref="EndpointBuilder{TSession}.OnConnection"/>); each is valid
    /// until the next.
    /// </summary>
    /// <exception cref="InvalidOperationException">The endpoint has a handler that is pushed to.</exception>
    public IAsyncEnumerable<Message> Messages => _handlers is PullQueue pull
        ? pull.ReadAll()
        : throw new InvalidOperationException("Messages are pulled from endpoints with OnConnection only.");

    long ISubscriber.SubscriberId => Id;

    internal Endpoint Endpoint => _endpoint;

    /// <summary>Replies fill half of the outbox. Pushes do not count: replies displace them.</summary>
    internal bool IsCongested => DirectBytes >= _endpoint.Options.HighWaterBytes;

    internal ConnectionExtras Extras =>
        _extras ?? Interlocked.CompareExchange(ref _extras, new ConnectionExtras(), null) ?? _extras;

    private bool OnLoop => _host.Loop.IsCurrent;

    /// <summary>
    /// Queues a message; it never waits. Replies are never dropped: see <see cref="SendResult.Full"/>.
    /// </summary>
    public SendResult Send(ReadOnlySpan<byte> payload)
    {
        if (_state >= ConnectionState.Closing)
            return SendResult.Closed;
        SendResult result = Outgoing.TryEncode(_endpoint.Codec, payload, _host.Pool, out Frame? frame);
        if (result != SendResult.Queued)
            return result;
        Interleaving.Point();
        if (!TryReserve(frame!.Length))
        {
            frame.Release();
            return SendResult.Full;
        }
        if (OnLoop)
            AppendDirect(frame);
        else if (!TryPost(frame))
            return SendResult.Closed;
        return SendResult.Queued;
    }

    /// <summary>Queues text as UTF-8.</summary>
    public SendResult Send(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int longest = Encoding.UTF8.GetMaxByteCount(text.Length);
        byte[]? rented = longest > 512 ? System.Buffers.ArrayPool<byte>.Shared.Rent(longest) : null;
        Span<byte> bytes = rented ?? stackalloc byte[512];
        SendResult result = Send(bytes[..Encoding.UTF8.GetBytes(text, bytes)]);
        if (rented is not null)
            System.Buffers.ArrayPool<byte>.Shared.Return(rented);
        return result;
    }

    /// <summary>Queues a copy of a received message.</summary>
    public SendResult Send(Message message)
    {
        ArgumentNullException.ThrowIfNull(message);
        return Send(message.Span);
    }

    /// <summary>Queues a copy of a received message.</summary>
    public SendResult Send(BorrowedMessage message) => Send(message.Span);

    /// <summary>
    /// Queues a message, waiting for room first when there is none, and then until the outbox is below its low-water
    /// mark.
    /// </summary>
    public async ValueTask<SendResult> SendAsync(ReadOnlyMemory<byte> payload, CancellationToken cancellation = default)
    {
        SendResult result = Send(payload.Span);
        while (result == SendResult.Full)
        {
            // What does not fit beside the low-water mark waits for all that is queued; room alone is there already.
            await (payload.Length > _endpoint.Options.LowWaterBytes
                ? Extras.WhenFlushed(this, cancellation)
                : Extras.WhenRoom(this, cancellation)).ConfigureAwait(false);
            result = Send(payload.Span);
        }
        if (result == SendResult.Queued && !HasRoom)
            await Extras.WhenRoom(this, cancellation).ConfigureAwait(false);
        return result;
    }

    /// <summary>
    /// Completes when all that was queued before has been handed to the system, or the connection ended.
    /// </summary>
    public Task FlushAsync(CancellationToken cancellation = default) => Extras.WhenFlushed(this, cancellation);

    /// <summary>
    /// Ends the connection in good order: what is queued is flushed, then FIN; what is not done by the deadline is
    /// aborted.
    /// </summary>
    /// <param name="deadline">Default: the endpoint's <see cref="EndpointOptions.LingerTimeout"/>.</param>
    /// <param name="reason">What stands in the log and the metrics: that it spoke another protocol, say.</param>
    public Task<CloseReason> CloseAsync(
        TimeSpan? deadline = null, CloseReason reason = CloseReason.ClosedByApplication)
    {
        if (reason == CloseReason.None)
            throw new ArgumentException("A close needs a reason.", nameof(reason));
        RequestClose(reason, deadline);
        return Closed;
    }

    /// <summary>Ends the connection now: RST; what is queued is lost.</summary>
    /// <param name="reason">What stands in the log and the metrics.</param>
    public void Abort(CloseReason reason = CloseReason.AbortedByApplication)
    {
        if (reason == CloseReason.None)
            throw new ArgumentException("An abort needs a reason.", nameof(reason));
        Extras.SetAbortReason(reason);
        _ending = true;
        Request(ConnectionRequest.Abort);
    }

    /// <inheritdoc/>
    public override string ToString() => $"connection {Id} from {Remote} at {_endpoint.Address}";

    internal void Prepare(Endpoint endpoint, LoopHost host, Wire wire)
    {
        _endpoint = endpoint;
        _host = host;
        _wire = wire;
    }

    internal void RequestClose(CloseReason reason, TimeSpan? deadline)
    {
        if (Extras.CloseReason == CloseReason.None)
            Extras.CloseReason = reason; // the first cause wins: a pull handler that returns closes once more
        Extras.CloseDeadline = deadline;
        _ending = true;
        Request(ConnectionRequest.Close);
    }

    internal void Request(ConnectionRequest request)
    {
        Interlocked.Or(ref _requests, (int)request);
        _host.Loop.Post(this);
    }

    internal bool HasRoom => DirectBytes <= _endpoint.Options.LowWaterBytes;

    /// <summary>
    /// Bytes of all but pushes, posted frames included. Off the loop it is never less than what is true.
    /// </summary>
    private int DirectBytes => Volatile.Read(ref _reserved) - Volatile.Read(ref _pushBytes);

    /// <summary>A handler, of any kind, threw.</summary>
    internal void HandlerFailed(Exception exception)
    {
        Log.HandlerFailed(_host.Server.Logger, exception, Id);
        Abort(CloseReason.HandlerFailed);
    }

    /// <summary>
    /// Reserves outbox bytes, so that the answer to the sender is true before the loop has seen the frame.
    /// </summary>
    private bool TryReserve(int bytes)
    {
        while (true)
        {
            int now = Volatile.Read(ref _reserved);
            if (!OnLoop)
            {
                // Replies of handlers on the pool displace pushes, too: the loop does that when it takes them. What
                // comes
                // from other threads leaves a quarter to replies on the loop.
                int direct = now - Volatile.Read(ref _pushBytes);
                if (direct > 0 && direct + (long)bytes > _endpoint.Options.PushBytes)
                    return false;
            }
            else if (now > 0 && now + (long)bytes > _endpoint.Options.OutboxBytes)
            {
                if (!RelievePushes(CloseReason.SlowConsumer) || Volatile.Read(ref _reserved) >= now)
                    return false;
                continue;
            }
            if (Interlocked.CompareExchange(ref _reserved, now + bytes, now) == now)
                return true;
        }
    }

    /// <summary>Leaves a frame for the loop; at most one post per connection is pending.</summary>
    private bool TryPost(Frame frame)
    {
        Interleaving.Point();
        object? head = Volatile.Read(ref _posted);
        while (true)
        {
            if (head == s_closedMark)
            {
                Interlocked.Add(ref _reserved, -frame.Length);
                frame.Release();
                return false;
            }
            frame.Next = (Frame?)head;
            object? seen = Interlocked.CompareExchange(ref _posted, frame, head);
            if (seen == head)
                break;
            head = seen;
        }
        Interleaving.Point();
        _host.Loop.Post(this);
        return true;
    }

    /// <summary>Moves what other threads left into the outbox, in their order.</summary>
    private void TakePosted(object? leave = null)
    {
        object? taken = Interlocked.Exchange(ref _posted, _isSealed ? s_closedMark : leave);
        if (taken is not Frame head)
            return;
        Frame? ordered = null;
        for (Frame? frame = head; frame is not null;)
        {
            Frame? next = frame.Next;
            frame.Next = ordered;
            ordered = frame;
            frame = next;
        }
        while (ordered is not null)
        {
            Frame? next = ordered.Next;
            ordered.Next = null;
            if (_state >= ConnectionState.Lingering)
            {
                // FIN is out; writing behind it would turn it into a RST.
                Interlocked.Add(ref _reserved, -ordered.Length);
                ordered.Release();
            }
            else
            {
                AppendDirect(ordered);
            }
            ordered = next;
        }
        if (Volatile.Read(ref _reserved) > _endpoint.Options.OutboxBytes && _state < ConnectionState.Lingering)
            RelievePushes(CloseReason.SlowConsumer);
    }
}

/// <summary>A connection with what the application keeps for it.</summary>
/// <typeparam name="TSession">The application's type.</typeparam>
public sealed class Connection<TSession> : Connection
{
    internal Connection()
    {
    }

    /// <summary>What <c>OnConnect</c> returned.</summary>
    [AllowNull]
    public TSession Session { get; internal set; } = default!;
}

/// <summary>Where a connection stands.</summary>
internal enum ConnectionState : byte
{
    Connecting,
    Open,
    Closing,
    Lingering,
    Closed,
}

/// <summary>What other threads, or a fan-out, ask of a connection's loop.</summary>
[Flags]
internal enum ConnectionRequest
{
    Connected = 1,
    Close = 2,
    Abort = 4,
    Resume = 8,
    HandlersIdle = 16,
    Flush = 32,
    ConnectFailed = 64,
    Subscriptions = 128,
}
