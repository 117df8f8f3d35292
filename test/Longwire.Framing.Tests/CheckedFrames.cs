using Longwire.Primitives;

namespace Longwire.Framing.Tests;

// The sample of docs/guides/framing.md; a test compares the two.
// begin sample
/// <summary>STX (0x02), a length byte, the payload, and the exclusive-or of its bytes.</summary>
public sealed class CheckedFrames : Codec
{
    private const byte Stx = 0x02;

    public override int MaxFrameBytes => 255;

    public override FrameDecoder CreateDecoder(SlabPool pool) => new Decoder(pool);

    public override int GetEncodedLength(ReadOnlySpan<byte> payload) => payload.Length + 3;

    public override FrameError TryEncode(ReadOnlySpan<byte> payload, Span<byte> destination, out int written)
    {
        written = 0;
        if (payload.Length > MaxFrameBytes)
            return FrameError.TooLarge;
        destination[0] = Stx;
        destination[1] = (byte)payload.Length;
        payload.CopyTo(destination[2..]);
        destination[payload.Length + 2] = Sum(payload);
        written = payload.Length + 3;
        return FrameError.None;
    }

    private static byte Sum(ReadOnlySpan<byte> payload)
    {
        byte sum = 0;
        foreach (byte value in payload)
            sum ^= value;
        return sum;
    }

    private sealed class Decoder(SlabPool pool) : BufferedDecoder(pool)
    {
        protected override DecodeStatus DecodeNext(ref ReadOnlySpan<byte> input, out ReadOnlySpan<byte> frame)
        {
            frame = default;
            if (!TryPeek(2, ref input, out ReadOnlySpan<byte> header))
                return DecodeStatus.NeedMore;
            if (header[0] != Stx)
                return Fail(FrameError.Malformed);
            if (!TryTake(header[1] + 3, ref input, out ReadOnlySpan<byte> whole))
                return DecodeStatus.NeedMore;
            frame = whole[2..^1];
            return Sum(frame) == whole[^1] ? DecodeStatus.Frame : Fail(FrameError.Malformed);
        }
    }
}
// end sample
