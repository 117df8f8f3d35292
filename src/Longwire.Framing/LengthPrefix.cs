using Longwire.Primitives;

namespace Longwire;

/// <summary>What the number in a length header counts.</summary>
public enum LengthIncludes
{
    /// <summary>The payload alone.</summary>
    Payload,

    /// <summary>The header and the payload.</summary>
    Header,
}

/// <summary>Frames that begin with their length.</summary>
/// <remarks>
/// <c>LengthPrefix.BigEndian16(maxBytes: 1024)</c>; the number counts the payload:
/// <code>
///  BEFORE DECODE (14 bytes)              AFTER DECODE (12 bytes)
/// +--------+----------------+           +----------------+
/// | Length | Payload        |  ----->   | Payload        |
/// | 0x000C | "HELLO, WORLD" |           | "HELLO, WORLD" |
/// +--------+----------------+           +----------------+
/// </code>
/// <c>LengthPrefix.BigEndian16(maxBytes: 1024, LengthIncludes.Header)</c>; the number counts itself too:
/// <code>
///  BEFORE DECODE (14 bytes)              AFTER DECODE (12 bytes)
/// +--------+----------------+           +----------------+
/// | Length | Payload        |  ----->   | Payload        |
/// | 0x000E | "HELLO, WORLD" |           | "HELLO, WORLD" |
/// +--------+----------------+           +----------------+
/// </code>
/// <c>LengthPrefix.Varint(maxBytes: 1024)</c>, a payload of 300 bytes (300 = 2 × 128 + 44):
/// <code>
///  BEFORE DECODE (302 bytes)             AFTER DECODE (300 bytes)
/// +-----------+-------------+           +-------------+
/// | Length    | Payload     |  ----->   | Payload     |
/// | 0xAC 0x02 | (300 bytes) |           | (300 bytes) |
/// +-----------+-------------+           +-------------+
/// </code>
/// The header is judged as soon as it is complete: over the limit is <see cref="FrameError.TooLarge"/>, a number that
/// includes the header but is smaller than it, and a varint that is longer than needed or over 32 bits, is <see
/// cref="FrameError.Malformed"/>. All end the stream. Announcing a length costs no memory; bytes that arrive do.
/// </remarks>
public sealed class LengthPrefix : Codec
{
    internal readonly LengthForm Form;
    internal readonly LengthIncludes Includes;
    internal readonly int HeaderBytes; // 0: varint
    internal readonly int PieceBytes; // 0: whole frames

    private LengthPrefix(LengthForm form, int maxBytes, LengthIncludes includes, int pieceBytes = 0)
    {
        Form = form;
        Includes = includes;
        HeaderBytes = LengthHeader.Bytes(form);
        PieceBytes = pieceBytes;
        long largest = LengthHeader.Largest(form) - (includes == LengthIncludes.Header ? HeaderBytes : 0);
        MaxFrameBytes = CheckLimit(maxBytes, (int)Math.Min(largest, LargestFrameBytes));
    }

    /// <summary>A length of one byte.</summary>
    /// <param name="maxBytes">Most payload bytes; 1 to 255, or to 254 when the header is included.</param>
    /// <param name="includes">What the number counts. Default: the payload alone.</param>
    /// <exception cref="ArgumentOutOfRangeException">The limit is out of range.</exception>
    public static LengthPrefix Byte(int maxBytes, LengthIncludes includes = LengthIncludes.Payload) =>
        new(LengthForm.Byte, maxBytes, includes);

    /// <summary>A length of two bytes, the high byte first.</summary>
    /// <param name="maxBytes">Most payload bytes; 1 to 65,535, or to 65,533 when the header is included.</param>
    /// <param name="includes">What the number counts. Default: the payload alone.</param>
    /// <exception cref="ArgumentOutOfRangeException">The limit is out of range.</exception>
    public static LengthPrefix BigEndian16(int maxBytes, LengthIncludes includes = LengthIncludes.Payload) =>
        new(LengthForm.BigEndian16, maxBytes, includes);

    /// <summary>A length of two bytes, the low byte first.</summary>
    /// <inheritdoc cref="BigEndian16"/>
    public static LengthPrefix LittleEndian16(int maxBytes, LengthIncludes includes = LengthIncludes.Payload) =>
        new(LengthForm.LittleEndian16, maxBytes, includes);

    /// <summary>A length of four bytes (unsigned), the high byte first.</summary>
    /// <param name="maxBytes">Most payload bytes; 1 to <see cref="Codec.LargestFrameBytes"/>.</param>
    /// <param name="includes">What the number counts. Default: the payload alone.</param>
    /// <exception cref="ArgumentOutOfRangeException">The limit is out of range.</exception>
    public static LengthPrefix BigEndian32(int maxBytes, LengthIncludes includes = LengthIncludes.Payload) =>
        new(LengthForm.BigEndian32, maxBytes, includes);

    /// <summary>A length of four bytes (unsigned), the low byte first.</summary>
    /// <inheritdoc cref="BigEndian32"/>
    public static LengthPrefix LittleEndian32(int maxBytes, LengthIncludes includes = LengthIncludes.Payload) =>
        new(LengthForm.LittleEndian32, maxBytes, includes);

    /// <summary>
    /// A length of one to five bytes: unsigned LEB128, seven bits a byte, low bits first, as in Protocol Buffers. It
    /// counts the payload alone. Only the shortest form of a number is accepted, so that a frame has one encoding.
    /// </summary>
    /// <param name="maxBytes">Most payload bytes; 1 to <see cref="Codec.LargestFrameBytes"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The limit is out of range.</exception>
    public static LengthPrefix Varint(int maxBytes) => new(LengthForm.Varint, maxBytes, LengthIncludes.Payload);

    /// <summary>
    /// The same frames, but each is handed out in pieces as it arrives and its payload is never collected. <see
    /// cref="MaxFrameBytes"/> limits the whole message still.
    /// </summary>
    /// <param name="pieceBytes">Most bytes of a piece; 16 to <see cref="Codec.LargestFrameBytes"/>.</param>
    public LengthPrefix Streaming(int pieceBytes) => new(Form, MaxFrameBytes, Includes, CheckPiece(pieceBytes));

    /// <summary>Most payload bytes of one frame, its header not counted.</summary>
    public override int MaxFrameBytes { get; }

    /// <inheritdoc/>
    public override FrameDecoder CreateDecoder(SlabPool pool) => new LengthPrefixDecoder(this, pool);

    /// <inheritdoc/>
    public override int GetEncodedLength(ReadOnlySpan<byte> payload) =>
        payload.Length + (HeaderBytes > 0 ? HeaderBytes : LengthHeader.VarintBytes((uint)payload.Length));

    /// <inheritdoc/>
    public override FrameError TryEncode(ReadOnlySpan<byte> payload, Span<byte> destination, out int written)
    {
        written = 0;
        if (payload.Length > MaxFrameBytes)
            return FrameError.TooLarge;
        int encoded = GetEncodedLength(payload);
        CheckDestination(destination, encoded);
        int header = encoded - payload.Length;
        int announced = Includes == LengthIncludes.Header ? encoded : payload.Length;
        LengthHeader.Write(Form, (uint)announced, destination[..header]);
        payload.CopyTo(destination[header..]);
        written = encoded;
        return FrameError.None;
    }
}
