using System.Security.Principal;

namespace Longwire.Transport.Layers;

/// <summary>A transformation of a connection's byte stream that lies between the socket and the protocol.</summary>
/// <remarks>
/// Owner: an endpoint or a dialler; one object serves all its connections. Concurrency: <see cref="OpenAsync"/> runs on
/// the thread pool, for many connections at a time; afterwards a connection's stream is used by its loop only, one
/// read and one write at a time, and must neither block nor wait for anything but the stream below it.
/// Bound: what a stream holds is its own; below it at most <see cref="LayeredWire.MaxWaitingBytes"/> wait for the
/// socket.
/// </remarks>
public abstract class Layer
{
    /// <summary>A short name for logs: <c>tls</c>.</summary>
    public abstract string Name { get; }

    /// <summary>
    /// True: the peer speaks first, so nothing is spent on a connection before its first byte has come. Default: false.
    /// </summary>
    public virtual bool AwaitsPeer => false;

    /// <summary>
    /// True: a read of zero bytes on the layer's stream waits until the stream itself holds bytes, or the end, so that
    /// a larger read completes at once, as with <see cref="System.Net.Security.SslStream"/>; then a connection that
    /// waits for input holds no buffer. It does not do to pass the read on to the stream below, which may be mistaken.
    /// False, the default: a read waits with a buffer of 4 KiB.
    /// </summary>
    public virtual bool AwaitsWithoutBuffer => false;

    /// <summary>Lays the layer's stream over <paramref name="below"/>, after its handshake if it has one.</summary>
    /// <remarks>
    /// On the thread pool, within the handshake deadline and its limit of concurrent steps. What it reads and writes
    /// goes through <paramref name="below"/>, asynchronously, one read at a time, and every read that it began has
    /// ended before it returns; at the deadline <paramref name="below"/> gives the end of the stream. An
    /// exception ends the connection; the streams that were opened so far are disposed.
    /// </remarks>
    public abstract ValueTask<Stream> OpenAsync(Stream below, LayerContext context);

    /// <summary>
    /// Tells the peer that nothing more will be written, before FIN does. Default: flushes the stream.
    /// </summary>
    public virtual ValueTask EndAsync(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return new ValueTask(stream.FlushAsync());
    }

    /// <summary>What an exception of <see cref="OpenAsync"/> means, for the count of failures by cause.</summary>
    public virtual HandshakeFailure Classify(Exception exception) => HandshakeFailure.Other;
}

/// <summary>A connection, as its layers see it while they are opened; what they find out about the peer.</summary>
public sealed class LayerContext
{
    internal LayerContext(PeerAddress remote) => Remote = remote;

    /// <summary>The peer's address.</summary>
    public PeerAddress Remote { get; }

    /// <summary>Who the peer is by <see cref="NegotiateServerLayer"/>, or null without it.</summary>
    public IIdentity? Identity { get; internal set; }

    /// <summary>What TLS agreed on, or null without TLS.</summary>
    public TlsSession? Tls { get; internal set; }
}

/// <summary>A layer of the application's own: any stream over the one below.</summary>
/// <param name="name">A short name for logs.</param>
/// <param name="open">
/// Wraps the stream below; it may read and write first, as a handshake does. See <see cref="Layer.OpenAsync"/>.
/// </param>
public sealed class StreamLayer(string name, Func<Stream, ValueTask<Stream>> open) : Layer
{
    /// <inheritdoc/>
    public override string Name => name;

    /// <inheritdoc/>
    public override ValueTask<Stream> OpenAsync(Stream below, LayerContext context) => open(below);
}
