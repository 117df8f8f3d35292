using Longwire.Primitives;

namespace Longwire;

/// <summary>The common part of codecs whose frames end with a mark.</summary>
/// <remarks>Not to be derived from elsewhere: see <see cref="Lines"/> and <see cref="Delimited"/>.</remarks>
public abstract class TerminatedCodec : Codec
{
    internal readonly Terminator Terminator;
    internal readonly OversizedFrames Oversized;
    internal readonly int PieceBytes; // 0: whole frames

    private protected TerminatedCodec(Terminator terminator, int maxBytes, OversizedFrames oversized, int pieceBytes)
    {
        MaxFrameBytes = CheckLimit(maxBytes);
        Terminator = terminator;
        Oversized = oversized;
        PieceBytes = pieceBytes;
    }

    /// <summary>Most payload bytes of one frame, its terminator not counted.</summary>
    public sealed override int MaxFrameBytes { get; }

    /// <inheritdoc/>
    public sealed override FrameDecoder CreateDecoder(SlabPool pool) =>
        PieceBytes > 0 ? new TerminatedStreamDecoder(this, pool) : new TerminatedDecoder(this, pool);

    /// <summary>Whether the content of a frame is allowed; asked for whole frames only.</summary>
    internal virtual bool IsWellFormed(ReadOnlySpan<byte> payload) => true;
}
