using Longwire.Primitives;

namespace Longwire;

/// <summary>Frames that begin with their length, whole or in pieces.</summary>
/// <remarks>
/// Owner: the connection. Concurrency: its loop only. Bound: holds at most a header and a payload of the limit; in
/// streaming mode at most a header.
/// </remarks>
internal sealed class LengthPrefixDecoder(LengthPrefix codec, SlabPool pool) : BufferedDecoder(pool)
{
    private int _remaining; // streaming mode: bytes of the message that were not handed out yet

    public override bool IsMidFrame => _remaining > 0 || base.IsMidFrame;

    protected override DecodeStatus DecodeNext(ref ReadOnlySpan<byte> input, out ReadOnlySpan<byte> frame)
    {
        frame = default;
        if (_remaining > 0)
            return NextPiece(ref input, out frame);
        if (!TryReadHeader(ref input, out int header, out uint length))
            return Error == FrameError.None ? DecodeStatus.NeedMore : DecodeStatus.Invalid;
        if (length > codec.MaxFrameBytes)
            return Fail(FrameError.TooLarge);
        if (codec.PieceBytes > 0)
        {
            TryTake(header, ref input, out _);
            _remaining = (int)length;
            return length == 0 ? DecodeStatus.Frame : NextPiece(ref input, out frame);
        }
        if (!TryTake(header + (int)length, ref input, out ReadOnlySpan<byte> whole))
            return DecodeStatus.NeedMore;
        frame = whole[header..];
        return DecodeStatus.Frame;
    }

    private DecodeStatus NextPiece(ref ReadOnlySpan<byte> input, out ReadOnlySpan<byte> piece)
    {
        piece = input[..Math.Min(input.Length, Math.Min(codec.PieceBytes, _remaining))];
        if (piece.IsEmpty)
            return DecodeStatus.NeedMore;
        input = input[piece.Length..];
        _remaining -= piece.Length;
        return _remaining == 0 ? DecodeStatus.Frame : DecodeStatus.Piece;
    }

    /// <summary>Reads the header; false when it is incomplete, or wrong with the error set.</summary>
    private bool TryReadHeader(ref ReadOnlySpan<byte> input, out int header, out uint length)
    {
        header = codec.HeaderBytes;
        if (header == 0)
            return TryReadVarint(ref input, out header, out length);
        length = 0;
        if (!TryPeek(header, ref input, out ReadOnlySpan<byte> bytes))
            return false;
        length = LengthHeader.Read(codec.Form, bytes);
        if (codec.Includes == LengthIncludes.Payload)
            return true;
        if (length < header)
        {
            Error = FrameError.Malformed;
            return false;
        }
        length -= (uint)header;
        return true;
    }

    private bool TryReadVarint(ref ReadOnlySpan<byte> input, out int header, out uint length)
    {
        length = 0;
        for (header = 1; header <= LengthHeader.MaxVarintBytes; header++)
        {
            if (!TryPeek(header, ref input, out ReadOnlySpan<byte> bytes))
                return false;
            if (bytes[^1] >= 0x80)
                continue;
            if (LengthHeader.TryReadVarint(bytes, out length))
                return true;
            break;
        }
        Error = FrameError.Malformed;
        return false;
    }
}
