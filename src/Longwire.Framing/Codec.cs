using Longwire.Primitives;

namespace Longwire;

/// <summary>How a byte stream is cut into frames, and how a payload becomes one.</summary>
/// <remarks>
/// Owner: the endpoint that was configured with it. Concurrency: immutable, shared by all connections and loops.
/// Bound: <see cref="MaxFrameBytes"/>, which every codec has; there is no unlimited codec.
/// <para>Ready codecs: <see cref="Lines"/>, <see cref="Delimited"/>, <see cref="LengthPrefix"/>, <see
/// cref="FixedSize"/>. To write one, derive from this class and let its decoder derive from <see
/// cref="BufferedDecoder"/>; the guide <c>docs/guides/framing.md</c> shows a complete one.</para>
/// </remarks>
public abstract class Codec
{
    /// <summary>
    /// The largest limit a ready codec accepts: 1 GiB. Headers, terminators and the doubling of a buffer stay within
    /// an <see cref="int"/> below it.
    /// </summary>
    public const int LargestFrameBytes = 1 << 30;

    /// <summary>Most payload bytes of one frame (of one whole message in streaming mode); at least 1.</summary>
    public abstract int MaxFrameBytes { get; }

    /// <summary>Makes the decoder of one connection.</summary>
    /// <param name="pool">Where a frame that arrives in parts gets its buffer from.</param>
    public abstract FrameDecoder CreateDecoder(SlabPool pool);

    /// <summary>Bytes that <see cref="TryEncode"/> writes for <paramref name="payload"/>, framing included.</summary>
    /// <remarks>Does not judge the payload; one that cannot be encoded gets a number all the same.</remarks>
    public abstract int GetEncodedLength(ReadOnlySpan<byte> payload);

    /// <summary>Writes <paramref name="payload"/> as one frame.</summary>
    /// <param name="payload">The message; must not overlap <paramref name="destination"/>.</param>
    /// <param name="destination">At least <see cref="GetEncodedLength"/> bytes.</param>
    /// <param name="written">Bytes written; 0 unless the result is <see cref="FrameError.None"/>.</param>
    /// <returns>
    /// <see cref="FrameError.None"/>; <see cref="FrameError.TooLarge"/> over <see cref="MaxFrameBytes"/>; <see
    /// cref="FrameError.Malformed"/> when the decoder of this codec would not give the same payload back (a line that
    /// contains LF, for instance). After an error the contents of <paramref name="destination"/> are undefined.
    /// </returns>
    /// <exception cref="ArgumentException">The destination is too short for a payload that can be encoded.</exception>
    public abstract FrameError TryEncode(ReadOnlySpan<byte> payload, Span<byte> destination, out int written);

    internal static int CheckLimit(int maxBytes, int largest = LargestFrameBytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxBytes, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxBytes, largest);
        return maxBytes;
    }

    internal static int CheckPiece(int pieceBytes)
    {
        // A piece must be able to hold what may turn out to be the beginning of a terminator (16 bytes at most).
        ArgumentOutOfRangeException.ThrowIfLessThan(pieceBytes, Delimited.MaxDelimiterBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(pieceBytes, LargestFrameBytes);
        return pieceBytes;
    }

    internal static void CheckDestination(Span<byte> destination, int needed)
    {
        if (destination.Length < needed)
            throw new ArgumentException($"The frame takes {needed} bytes.", nameof(destination));
    }
}
