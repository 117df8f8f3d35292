using Longwire.Primitives;

namespace Longwire;

/// <summary>Frames that end with a mark, handed out in pieces while they arrive.</summary>
/// <remarks>
/// Owner: the connection. Concurrency: its loop only. Bound: stores nothing, ever. Bytes that may begin the mark are
/// withheld; should they turn out to be content, they are handed out from the codec's own copy of the mark, whose
/// beginning they equal.
/// </remarks>
internal sealed class TerminatedStreamDecoder(TerminatedCodec codec, SlabPool pool) : BufferedDecoder(pool)
{
    private int _total; // payload bytes of this message handed out so far
    private byte _withheld;
    private bool _discarding;

    public override bool IsMidFrame => _discarding || _total > 0 || _withheld > 0;

    protected override DecodeStatus DecodeNext(ref ReadOnlySpan<byte> input, out ReadOnlySpan<byte> frame)
    {
        frame = default;
        while (!input.IsEmpty)
        {
            ReadOnlySpan<byte> part = input[..Math.Min(input.Length, codec.PieceBytes)];
            byte before = _withheld;
            bool found = codec.Terminator.TryFind(part, ref _withheld, out int end, out int length);
            int consumed = found ? end : part.Length;
            if (_discarding)
            {
                _discarding = !found;
                input = input[consumed..];
                continue;
            }
            // Where the content known so far ends, counted from the beginning of part; what is withheld lies before 0.
            int known = consumed - (found ? length : _withheld);
            if (_total + before + known > codec.MaxFrameBytes)
            {
                if (codec.Oversized == OversizedFrames.Reject)
                    return Fail(FrameError.TooLarge);
                input = input[consumed..];
                _discarding = !found;
                _total = 0;
                return Skip(FrameError.TooLarge);
            }
            if (before > 0 && known > 0)
            {
                // Content in two places: the withheld bytes first. What is in part is searched again, this once,
                // and with the same outcome, because no mark begins before it.
                _withheld = 0;
                _total += before;
                frame = codec.Terminator.Bytes.AsSpan(0, before);
                return DecodeStatus.Piece;
            }
            frame = known > 0 ? part[..known] : codec.Terminator.Bytes.AsSpan(0, before + known);
            input = input[consumed..];
            _total = found ? 0 : _total + frame.Length;
            if (found)
                return DecodeStatus.Frame;
            if (!frame.IsEmpty)
                return DecodeStatus.Piece;
        }
        return DecodeStatus.NeedMore;
    }
}
