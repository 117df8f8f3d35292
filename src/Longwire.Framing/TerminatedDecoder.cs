using Longwire.Primitives;

namespace Longwire;

/// <summary>Whole frames that end with a mark.</summary>
/// <remarks>
/// Owner: the connection. Concurrency: its loop only. Bound: holds at most the limit plus a mark; what is beyond is
/// rejected or discarded as soon as no continuation could make the frame fit.
/// </remarks>
internal sealed class TerminatedDecoder(TerminatedCodec codec, SlabPool pool) : BufferedDecoder(pool)
{
    private byte _matched;
    private bool _discarding;

    public override bool IsMidFrame => _discarding || base.IsMidFrame;

    protected override DecodeStatus DecodeNext(ref ReadOnlySpan<byte> input, out ReadOnlySpan<byte> frame)
    {
        frame = default;
        while (true)
        {
            bool found = codec.Terminator.TryFind(input, ref _matched, out int end, out int length);
            int consumed = found ? end : input.Length;
            if (_discarding)
            {
                _discarding = !found;
                input = input[consumed..];
                if (input.IsEmpty)
                    return DecodeStatus.NeedMore;
                continue;
            }
            // The payload so far; without a mark, the least that it can still turn out to be.
            int payload = Held + consumed - (found ? length : _matched);
            if (payload > codec.MaxFrameBytes)
            {
                if (codec.Oversized == OversizedFrames.Reject)
                    return Fail(FrameError.TooLarge);
                input = input[consumed..];
                _discarding = !found;
                return Skip(FrameError.TooLarge);
            }
            if (!found)
                return Hold(ref input);
            if (!TryTake(Held + end, ref input, out ReadOnlySpan<byte> whole))
                return DecodeStatus.NeedMore;
            frame = whole[..payload];
            return codec.IsWellFormed(frame) ? DecodeStatus.Frame : Fail(FrameError.Malformed);
        }
    }
}
