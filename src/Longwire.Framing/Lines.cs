namespace Longwire;

/// <summary>What an encoded line ends with. Decoding accepts both.</summary>
public enum LineEnding
{
    /// <summary>LF, 0x0A.</summary>
    Lf,

    /// <summary>CR LF, 0x0D 0x0A.</summary>
    CrLf,
}

/// <summary>Whether the bytes of a line are checked to be UTF-8.</summary>
public enum Utf8Validation
{
    /// <summary>Not checked: the handler gets the bytes as they came.</summary>
    None,

    /// <summary>A line that is not UTF-8 is <see cref="FrameError.Malformed"/> and ends the stream.</summary>
    Strict,
}

/// <summary>Lines of text: LF or CRLF ends a line and is not a part of it.</summary>
/// <remarks>
/// <code>
///  BEFORE DECODE (14 bytes)                     AFTER DECODE (2 frames)
/// +-------+----+-------+----+----+             +-------+   +-------+
/// | hello | LF | wörld | CR | LF |   ----->    | hello |   | wörld |
/// | 5     | 1  | 6     | 1  | 1  |             | 5     |   | 6     |
/// +-------+----+-------+----+----+             +-------+   +-------+
/// </code>
/// One CR directly before the LF is stripped; any other CR is content. An empty line is an empty frame. Bytes after
/// the last LF are not a line: a stream that ends there ends with <see cref="FrameError.Truncated"/>. A UTF-8 sequence
/// never contains the byte LF, so cutting at LF never cuts a character.
/// <para>To encode, a payload must not contain LF and, with <see cref="LineEnding.Lf"/>, must not end with CR, because
/// the peer would strip it: both are <see cref="FrameError.Malformed"/>.</para>
/// </remarks>
public sealed class Lines : TerminatedCodec
{
    private readonly LineEnding _ending;
    private readonly Utf8Validation _validation;

    private Lines(int maxBytes, OversizedFrames oversized, LineEnding ending, Utf8Validation validation,
        int pieceBytes)
        : base(NewLine.Instance, maxBytes, oversized, pieceBytes)
    {
        _ending = ending;
        _validation = validation;
    }

    /// <summary>Lines of UTF-8 text.</summary>
    /// <param name="maxBytes">
    /// Most bytes (not characters) of a line without its ending; 1 to <see cref="Codec.LargestFrameBytes"/>.
    /// </param>
    /// <param name="oversized">What happens to a longer line. Default: it ends the stream.</param>
    /// <param name="ending">What encoded lines end with. Default: LF.</param>
    /// <param name="validation">
    /// Whether invalid UTF-8 is refused, received as well as sent. Default: not checked; a handler that turns bytes
    /// into text sees U+FFFD for them.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">The limit is out of range.</exception>
    public static Lines Utf8(int maxBytes, OversizedFrames oversized = OversizedFrames.Reject,
        LineEnding ending = LineEnding.Lf, Utf8Validation validation = Utf8Validation.None) =>
        new(maxBytes, oversized, ending, validation, pieceBytes: 0);

    /// <summary>The same lines, but a line is handed out in pieces as it arrives and is never collected.</summary>
    /// <param name="pieceBytes">Most bytes of a piece; 16 to <see cref="Codec.LargestFrameBytes"/>.</param>
    /// <exception cref="InvalidOperationException">The codec validates UTF-8, which a piece may cut.</exception>
    public Lines Streaming(int pieceBytes) => _validation == Utf8Validation.None
        ? new(MaxFrameBytes, Oversized, _ending, _validation, CheckPiece(pieceBytes))
        : throw new InvalidOperationException("A piece may end inside a character; validate the assembled message.");

    /// <inheritdoc/>
    public override int GetEncodedLength(ReadOnlySpan<byte> payload) =>
        payload.Length + (_ending == LineEnding.CrLf ? 2 : 1);

    /// <inheritdoc/>
    public override FrameError TryEncode(ReadOnlySpan<byte> payload, Span<byte> destination, out int written)
    {
        written = 0;
        if (payload.Length > MaxFrameBytes)
            return FrameError.TooLarge;
        bool lostReturn = _ending == LineEnding.Lf && payload.EndsWith("\r"u8);
        if (lostReturn || payload.Contains((byte)'\n') || !IsWellFormed(payload))
            return FrameError.Malformed;
        CheckDestination(destination, GetEncodedLength(payload));
        payload.CopyTo(destination);
        written = payload.Length;
        if (_ending == LineEnding.CrLf)
            destination[written++] = (byte)'\r';
        destination[written++] = (byte)'\n';
        return FrameError.None;
    }

    internal override bool IsWellFormed(ReadOnlySpan<byte> payload) =>
        _validation == Utf8Validation.None || System.Text.Unicode.Utf8.IsValid(payload);
}
