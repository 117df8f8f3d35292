using System.Buffers;
using Longwire.Transport.Layers;

namespace Longwire;

/// <summary>Describes an endpoint: its framing, its limits and its code. The last call of a kind counts.</summary>
/// <typeparam name="TSession">What the application keeps per connection.</typeparam>
public sealed class EndpointBuilder<TSession>
{
    private readonly EndpointDraft _draft;
    private readonly EndpointHandlers<TSession> _handlers;

    internal EndpointBuilder(EndpointDraft draft, EndpointHandlers<TSession> handlers)
    {
        _draft = draft;
        _handlers = handlers;
        draft.Handlers = handlers;
    }

    /// <summary>How the byte stream is cut into messages. Required.</summary>
    public EndpointBuilder<TSession> Framing(Codec codec)
    {
        _draft.Codec = codec;
        return this;
    }

    /// <summary>Limits and deadlines.</summary>
    public EndpointBuilder<TSession> Options(EndpointOptions options)
    {
        _draft.Options = options;
        return this;
    }

    /// <summary>
    /// When its address cannot be bound, the server starts without this endpoint, as long as one other is bound; see
    /// <see cref="TcpServer.Unbound"/>. Default: the start fails.
    /// </summary>
    public EndpointBuilder<TSession> Optional()
    {
        _draft.IsOptional = true;
        return this;
    }

    /// <summary>Encrypts with TLS 1.2 or 1.3.</summary>
    /// <remarks>
    /// Certificates are loaded when the server is created, which fails with a <see cref="CertificateException"/> that
    /// names the file and the cure.
    /// </remarks>
    public EndpointBuilder<TSession> UseTls(Action<TlsBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        var builder = new TlsBuilder();
        configure(builder);
        return UseTls(builder.Options);
    }

    /// <summary>Encrypts with TLS 1.2 or 1.3, as the options say.</summary>
    public EndpointBuilder<TSession> UseTls(TlsServerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _draft.Layers.Add(time => new TlsServerLayer(options, time));
        return this;
    }

    /// <summary>
    /// Lays a layer over those before: the first one stands on the socket, the last one carries the protocol.
    /// </summary>
    public EndpointBuilder<TSession> UseLayer(Layer layer)
    {
        ArgumentNullException.ThrowIfNull(layer);
        _draft.Layers.Add(_ => layer);
        return this;
    }

    /// <summary>
    /// Lays a stream of the application's own over the layers before; see <see cref="Layer"/> for what it must keep to.
    /// </summary>
    /// <param name="name">A short name for logs.</param>
    /// <param name="open">Wraps the stream below.</param>
    public EndpointBuilder<TSession> UseLayer(string name, Func<Stream, Stream> open) =>
        UseLayer(new StreamLayer(name, below => ValueTask.FromResult(open(below))));

    /// <summary>What happens to a subscriber that does not keep up; short for the option of that name.</summary>
    public EndpointBuilder<TSession> SlowConsumer(SlowConsumerPolicy policy)
    {
        _draft.Options = _draft.Options with { SlowConsumer = policy };
        return this;
    }

    /// <summary>How a topic's message becomes a payload on the wire. Default: the message as it is.</summary>
    /// <remarks>Called once per message for all connections of the endpoint, from any loop; it must not keep the
    /// spans.</remarks>
    public EndpointBuilder<TSession> Deliver(DeliveryWriter writer)
    {
        _draft.DeliveryWriter = writer;
        return this;
    }

    /// <summary>The notice to a subscriber that messages were dropped. Default: none.</summary>
    public EndpointBuilder<TSession> DeliverGap(GapWriter writer)
    {
        _draft.GapWriter = writer;
        return this;
    }

    /// <summary>The mark that a subscription's snapshot is complete. Default: none.</summary>
    public EndpointBuilder<TSession> DeliverSnapshotEnd(SnapshotEndWriter writer)
    {
        _draft.SnapshotEndWriter = writer;
        return this;
    }

    /// <summary>The payload that is sent when nothing else was for a heartbeat interval. Default: none.</summary>
    public EndpointBuilder<TSession> Heartbeat(ReadOnlySpan<byte> payload)
    {
        _draft.Heartbeat = payload.ToArray();
        return this;
    }

    /// <summary>The payload that a draining server says goodbye with. Default: none.</summary>
    public EndpointBuilder<TSession> Goodbye(ReadOnlySpan<byte> payload)
    {
        _draft.Goodbye = payload.ToArray();
        return this;
    }

    /// <summary>
    /// Lays Negotiate over the layers before: clients prove who they are by Kerberos (NTLM, too, on Windows) before
    /// <c>OnConnect</c>, which finds them in <see cref="Connection.Identity"/>.
    /// </summary>
    /// <param name="options">Default: signed and encrypted, and everybody who is authenticated.</param>
    public EndpointBuilder<TSession> UseNegotiate(NegotiateServerOptions? options = null)
    {
        _draft.Layers.Add(_ => new NegotiateServerLayer(options ?? NegotiateServerOptions.Default));
        return this;
    }

    /// <summary>
    /// Compresses what is sent: to the peer all of it is one raw deflate stream (RFC 1951), in which each message is
    /// complete by itself. A topic's message is compressed once for all connections of the endpoint. The layers come
    /// after that, so encryption encrypts what is compressed.
    /// </summary>
    /// <remarks>
    /// The length of what is encrypted can be seen. Do not put a secret and bytes that a peer chose into one message:
    /// who can repeat that guesses the secret from the lengths (CRIME, BREACH).
    /// </remarks>
    /// <param name="options">Default: from 64 bytes on, and peers send plain bytes.</param>
    public EndpointBuilder<TSession> UseDeflate(DeflateOptions? options = null)
    {
        _draft.Deflate = options ?? DeflateOptions.Default;
        return this;
    }

    /// <summary>
    /// Every connection begins with a header of the PROXY protocol, version 1 or 2, in which a trusted balancer says
    /// who its client is. That address is what limits, log and <see cref="Connection.Remote"/> go by. Whoever is not
    /// trusted, sends something else, or nothing within <see cref="EndpointOptions.ProxyHeaderTimeout"/>, is refused.
    /// </summary>
    /// <param name="trusted">
    /// The balancers: addresses (<c>192.0.2.7</c>), networks (<c>10.0.0.0/8</c>, <c>fd00::/8</c>), or <c>unix</c> for
    /// the peers of a Unix socket. At least one.
    /// </param>
    public EndpointBuilder<TSession> UseProxyProtocol(params string[] trusted)
    {
        ArgumentNullException.ThrowIfNull(trusted);
        _draft.TrustedProxies = [.. trusted];
        return this;
    }

    /// <summary>Called once per connection before its first message; the result is its session.</summary>
    public EndpointBuilder<TNew> OnConnect<TNew>(Func<Connection, TNew> connect)
    {
        ArgumentNullException.ThrowIfNull(connect);
        return OnConnect(connection => ValueTask.FromResult(connect(connection)));
    }

    /// <summary>Called once per connection before its first message; the result is its session.</summary>
    /// <exception cref="InvalidOperationException">Handlers were set already; the session's type comes
    /// first.</exception>
    public EndpointBuilder<TNew> OnConnect<TNew>(Func<Connection, ValueTask<TNew>> connect)
    {
        if (_handlers.Message is not null || _handlers.Inline is not null || _handlers.Pull is not null
            || _handlers.Closed is not null || _handlers.Skipped is not null)
        {
            throw new InvalidOperationException(
                "Call OnConnect before the other handlers; it fixes their session's type.");
        }
        return new EndpointBuilder<TNew>(_draft, new EndpointHandlers<TNew> { Connect = connect });
    }

    /// <summary>Handles each message on the thread pool, one at a time and in order per connection.</summary>
    public EndpointBuilder<TSession> OnMessage(Func<Connection<TSession>, Message, ValueTask> handler)
    {
        _handlers.Message = handler;
        return this;
    }

    /// <summary>Handles each message on the thread pool, one at a time and in order per connection.</summary>
    public EndpointBuilder<TSession> OnMessage(Action<Connection<TSession>, Message> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return OnMessage((connection, message) =>
        {
            handler(connection, message);
            return ValueTask.CompletedTask;
        });
    }

    /// <summary>Handles each message on the loop, in the loop's memory: for code that never blocks.</summary>
    public EndpointBuilder<TSession> OnMessageInline(InlineMessageHandler<Connection<TSession>> handler)
    {
        _handlers.Inline = handler;
        return this;
    }

    /// <summary>
    /// Runs once per connection on the thread pool and pulls <see cref="Connection.Messages"/>; the connection closes
    /// when it returns.
    /// </summary>
    public EndpointBuilder<TSession> OnConnection(Func<Connection<TSession>, Task> handler)
    {
        _handlers.Pull = handler;
        return this;
    }

    /// <summary>
    /// Called between messages, where they are handled, when an oversized frame was skipped and the connection goes on.
    /// </summary>
    public EndpointBuilder<TSession> OnSkipped(Action<Connection<TSession>, FrameError> handler)
    {
        _handlers.Skipped = handler;
        return this;
    }

    /// <summary>Called exactly once per connection whose <c>OnConnect</c> succeeded, after its last message.</summary>
    public EndpointBuilder<TSession> OnClosed(Func<Connection<TSession>, CloseReason, ValueTask> handler)
    {
        _handlers.Closed = handler;
        return this;
    }

    /// <summary>Called exactly once per connection whose <c>OnConnect</c> succeeded, after its last message.</summary>
    public EndpointBuilder<TSession> OnClosed(Action<Connection<TSession>, CloseReason> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return OnClosed((connection, reason) =>
        {
            handler(connection, reason);
            return ValueTask.CompletedTask;
        });
    }
}

/// <summary>Writes a topic's message as a payload of the endpoint's codec.</summary>
public delegate void DeliveryWriter(Topic topic, long sequence, ReadOnlySpan<byte> message, IBufferWriter<byte> output);

/// <summary>Writes the notice that <paramref name="count"/> messages of a topic were lost.</summary>
public delegate void GapWriter(Topic topic, long count, IBufferWriter<byte> output);

/// <summary>Writes the mark that a subscription's snapshot is complete.</summary>
public delegate void SnapshotEndWriter(TopicFilter filter, IBufferWriter<byte> output);

/// <summary>What the builder collects.</summary>
internal sealed class EndpointDraft(string address)
{
    internal readonly string Address = address;
    internal Codec? Codec;
    internal EndpointOptions Options = EndpointOptions.Default;
    internal EndpointHandlers? Handlers;
    internal DeliveryWriter? DeliveryWriter;
    internal GapWriter? GapWriter;
    internal SnapshotEndWriter? SnapshotEndWriter;
    internal byte[]? Heartbeat;
    internal byte[]? Goodbye;
    internal readonly List<Func<TimeProvider, Layer>> Layers = []; // made with the server, and with its clock
    internal string[]? TrustedProxies;
    internal bool IsOptional;
    internal DeflateOptions? Deflate;
}
