using Longwire.Primitives;

namespace Longwire;

/// <summary>Frames that all have the same size.</summary>
/// <remarks>
/// With <c>FixedSize.Bytes(3)</c>:
/// <code>
///  BEFORE DECODE (4 reads)               AFTER DECODE (3 frames)
/// +---+----+------+----+               +-----+-----+-----+
/// | A | BC | DEFG | HI |    ----->     | ABC | DEF | GHI |
/// +---+----+------+----+               +-----+-----+-----+
/// </code>
/// </remarks>
public sealed class FixedSize : Codec
{
    private FixedSize(int bytes) => MaxFrameBytes = CheckLimit(bytes);

    /// <summary>Frames of <paramref name="bytes"/> bytes each; 1 to <see cref="Codec.LargestFrameBytes"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The size is out of range.</exception>
    public static FixedSize Bytes(int bytes) => new(bytes);

    /// <summary>The size of every frame, in bytes.</summary>
    public override int MaxFrameBytes { get; }

    /// <inheritdoc/>
    public override FrameDecoder CreateDecoder(SlabPool pool) => new Decoder(MaxFrameBytes, pool);

    /// <inheritdoc/>
    public override int GetEncodedLength(ReadOnlySpan<byte> payload) => payload.Length;

    /// <summary>Copies <paramref name="payload"/>: a shorter one is Malformed, a longer one TooLarge.</summary>
    /// <inheritdoc/>
    public override FrameError TryEncode(ReadOnlySpan<byte> payload, Span<byte> destination, out int written)
    {
        written = 0;
        if (payload.Length != MaxFrameBytes)
            return payload.Length > MaxFrameBytes ? FrameError.TooLarge : FrameError.Malformed;
        CheckDestination(destination, payload.Length);
        payload.CopyTo(destination);
        written = payload.Length;
        return FrameError.None;
    }

    private sealed class Decoder(int frameBytes, SlabPool pool) : BufferedDecoder(pool)
    {
        protected override DecodeStatus DecodeNext(ref ReadOnlySpan<byte> input, out ReadOnlySpan<byte> frame) =>
            TryTake(frameBytes, ref input, out frame) ? DecodeStatus.Frame : DecodeStatus.NeedMore;
    }
}
