namespace Longwire;

/// <summary>Frames that end with a delimiter of your choice.</summary>
/// <remarks>
/// With the delimiter <c>"||"</c>:
/// <code>
///  BEFORE DECODE (13 bytes)                    AFTER DECODE (3 frames)
/// +-----+------+------+------+------+          +-----+   +---+   +------+
/// | abc | "||" | "||" | de|f | "||" |  ----->  | abc |   |   |   | de|f |
/// | 3   | 2    | 2    | 4    | 2    |          | 3   |   | 0 |   | 4    |
/// +-----+------+------+------+------+          +-----+   +---+   +------+
/// </code>
/// The first occurrence in stream order counts and frames are cut without overlap, wherever the bytes happen to be
/// split on their way. A payload in which, or together with whose delimiter, the delimiter would be found too early
/// cannot be encoded: <see cref="FrameError.Malformed"/>.
/// </remarks>
public sealed class Delimited : TerminatedCodec
{
    /// <summary>Most bytes of a delimiter.</summary>
    public const int MaxDelimiterBytes = 16;

    private Delimited(Terminator delimiter, int maxBytes, OversizedFrames oversized, int pieceBytes)
        : base(delimiter, maxBytes, oversized, pieceBytes)
    {
    }

    /// <summary>Frames that end with <paramref name="delimiter"/>.</summary>
    /// <param name="delimiter">1 to <see cref="MaxDelimiterBytes"/> bytes; copied.</param>
    /// <param name="maxBytes">
    /// Most bytes of a payload, the delimiter not counted; 1 to <see cref="Codec.LargestFrameBytes"/>.
    /// </param>
    /// <param name="oversized">What happens to a longer frame. Default: it ends the stream.</param>
    /// <exception cref="ArgumentException">The delimiter is empty or too long.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The limit is out of range.</exception>
    public static Delimited By(ReadOnlySpan<byte> delimiter, int maxBytes,
        OversizedFrames oversized = OversizedFrames.Reject)
    {
        if (delimiter.IsEmpty || delimiter.Length > MaxDelimiterBytes)
            throw new ArgumentException($"A delimiter has 1 to {MaxDelimiterBytes} bytes.", nameof(delimiter));
        return new(new ByteSequence(delimiter.ToArray()), maxBytes, oversized, pieceBytes: 0);
    }

    /// <summary>The same frames, but each is handed out in pieces as it arrives and is never collected.</summary>
    /// <param name="pieceBytes">Most bytes of a piece; 16 to <see cref="Codec.LargestFrameBytes"/>.</param>
    public Delimited Streaming(int pieceBytes) =>
        new(Terminator, MaxFrameBytes, Oversized, CheckPiece(pieceBytes));

    /// <inheritdoc/>
    public override int GetEncodedLength(ReadOnlySpan<byte> payload) => payload.Length + Terminator.Bytes.Length;

    /// <inheritdoc/>
    public override FrameError TryEncode(ReadOnlySpan<byte> payload, Span<byte> destination, out int written)
    {
        written = 0;
        if (payload.Length > MaxFrameBytes)
            return FrameError.TooLarge;
        byte matched = 0;
        if (Terminator.TryFind(payload, ref matched, out _, out _))
            return FrameError.Malformed;
        // "xa" with the delimiter "aa" is "xaaa" on the wire, which the peer would cut after the x.
        if (!Terminator.TryFind(Terminator.Bytes, ref matched, out int end, out int length) || end != length)
            return FrameError.Malformed;
        int encoded = GetEncodedLength(payload);
        CheckDestination(destination, encoded);
        payload.CopyTo(destination);
        Terminator.Bytes.CopyTo(destination[payload.Length..]);
        written = encoded;
        return FrameError.None;
    }
}
