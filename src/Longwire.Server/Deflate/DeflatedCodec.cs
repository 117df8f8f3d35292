using System.Buffers;
using Longwire.Primitives;

namespace Longwire;

/// <summary>
/// A codec whose frames are compressed, each by itself: the connection's bytes are one raw deflate stream.
/// </summary>
/// <remarks>
/// Every frame is a run of deflate blocks that refers to nothing before it and ends on a byte, so it may stand behind
/// any other, and one frame serves all connections of the endpoint. That holds for what a single connection gets, too:
/// a compressor that goes on where it stopped would refer to bytes that the shared frames pushed out of the window, and
/// the inflater would give wrong bytes without an error. Decoding is the plain codec's; who inflates lies below it.
/// </remarks>
internal sealed class DeflatedCodec(Codec plain, DeflateOptions options) : Codec
{
    public override int MaxFrameBytes => plain.MaxFrameBytes;

    public override FrameDecoder CreateDecoder(SlabPool pool) => plain.CreateDecoder(pool);

    /// <summary>What it takes uncompressed, which is the most.</summary>
    public override int GetEncodedLength(ReadOnlySpan<byte> payload) =>
        DeflateBlock.StoredLength(plain.GetEncodedLength(payload));

    public override FrameError TryEncode(ReadOnlySpan<byte> payload, Span<byte> destination, out int written)
    {
        written = 0;
        int most = plain.GetEncodedLength(payload);
        byte[] rented = ArrayPool<byte>.Shared.Rent(most);
        FrameError error = plain.TryEncode(payload, rented.AsSpan(0, most), out int length);
        if (error == FrameError.None)
        {
            ReadOnlySpan<byte> frame = rented.AsSpan(0, length);
            if (length < options.MinBytes || !TryCompress(frame, destination, out written))
                written = DeflateBlock.Store(frame, destination);
        }
        ArrayPool<byte>.Shared.Return(rented);
        return error;
    }

    /// <summary>False also when zlib gets no memory for its state: stored is right in any case.</summary>
    private bool TryCompress(ReadOnlySpan<byte> frame, Span<byte> destination, out int written)
    {
        try
        {
            return BlockCompressor.TryCompress(frame, destination, options.Level, out written);
        }
        catch (Exception exception) when (exception is IOException or OutOfMemoryException)
        {
            written = 0;
            return false;
        }
    }
}
