using System.Diagnostics.CodeAnalysis;

namespace Longwire.Transport;

/// <summary>Called on the loop when a wire has something to tell.</summary>
public interface IWireHandler
{
    /// <summary>
    /// The wire became readable, writable, or completed a pending write. Look at <see cref="Wire.IsReadable"/>, <see
    /// cref="Wire.IsWritable"/> and <see cref="Wire.TakeCompleted"/>; read at most a loop's budget and call <see
    /// cref="Loop.MarkReady"/> when more remains.
    /// </summary>
    void OnReady();
}

/// <summary>How a wire is closed.</summary>
public enum CloseMode : byte
{
    /// <summary>An orderly end: what the kernel holds is still sent.</summary>
    Close,

    /// <summary>Now: RST, and what the kernel holds is thrown away.</summary>
    Abort,
}

/// <summary>One connection's byte stream: the seam between the core and sockets, layers, or a test's memory.</summary>
/// <remarks>
/// Owner: whoever accepted or dialled it, until <see cref="Close"/>. Concurrency: after <see cref="Loop.Add"/> only
/// its
/// loop. Bound: it buffers nothing; a poller may own segments between <see cref="IoStatus.Pending"/> and their
/// completion, and they must stay valid for that time, also across <see cref="Close"/>.
/// Readiness is kept here, not in the operating system: a wire that is paused stays readable and is not told again.
/// </remarks>
public abstract class Wire
{
    internal Wire? NextReady;
    internal bool InReadyList;
    private protected bool MoreBehindShortRead; // the epoll wire's; here, where it fills a gap of every connection

    private protected Wire()
    {
    }

    /// <summary>The loop that owns the wire; set by <see cref="Loop.Add"/>.</summary>
    [DisallowNull]
    public Loop? Loop { get; internal set; }

    /// <summary>Who is told.</summary>
    public IWireHandler? Handler { get; internal set; }

    /// <summary>
    /// The peer's address. Whoever learns that a balancer stands in between may put the client's in its place, before
    /// the wire gets layers or a connection: both keep, and count, what stands here then.
    /// </summary>
    public PeerAddress Remote { get; set; }

    /// <summary>A read may give something: bytes, the end, or an error.</summary>
    public bool IsReadable { get; private protected set; }

    /// <summary>A write may take something.</summary>
    public bool IsWritable { get; private protected set; } = true;

    /// <summary>The wire is closed; no call does anything any more.</summary>
    public bool IsClosed { get; private protected set; }

    /// <summary>
    /// The poller owns segments of a write; until <see cref="TakeCompleted"/> has told its result, also after a
    /// close.
    /// </summary>
    public bool HasPendingWrite { get; private protected set; }

    /// <summary>
    /// <see cref="ShutdownWrite"/> was called and something of the wire's own, a layer's farewell, is still ahead of
    /// the FIN: a close would lose it. When it is gone the handler is told.
    /// </summary>
    public virtual bool IsShuttingDown => false;

    /// <summary>Reads what there is, at most <paramref name="buffer"/>.</summary>
    public abstract IoResult Read(Span<byte> buffer);

    /// <summary>Writes what the system takes, at most 64 segments; the bytes moved may end inside a segment.</summary>
    public abstract IoResult Write(ReadOnlySpan<Segment> segments);

    /// <summary>
    /// What the system takes at once of bytes that stay the caller's. Nothing, where a write may be pending.
    /// </summary>
    internal virtual IoResult WriteNow(ReadOnlySpan<byte> bytes) => IoResult.Of(IoStatus.WouldBlock);

    /// <summary>The result of the pending write, once: its bytes or its error. False while it is pending.</summary>
    public virtual bool TakeCompleted(out IoResult result)
    {
        result = default;
        return false;
    }

    /// <summary>Sends FIN after what was written; reading goes on.</summary>
    public abstract void ShutdownWrite();

    /// <summary>Ends the wire. A second call does nothing.</summary>
    public abstract void Close(CloseMode mode);

    /// <summary>The kernel's view of the connection, where the system tells it.</summary>
    public virtual bool TryGetStatistics(out TcpStatistics statistics)
    {
        statistics = default;
        return false;
    }

    /// <summary>The loop takes the wire in.</summary>
    internal virtual void AddTo(Poller poller) => poller.Add(this);
}
