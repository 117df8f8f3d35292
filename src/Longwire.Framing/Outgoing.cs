using Longwire.Primitives;

namespace Longwire;

/// <summary>Payloads as frames of a pool, which a wire can send.</summary>
internal static class Outgoing
{
    /// <summary>Encodes a payload with the codec; the caller owns the frame.</summary>
    internal static SendResult TryEncode(Codec codec, ReadOnlySpan<byte> payload, SlabPool pool, out Frame? frame)
    {
        frame = null;
        if (payload.Length > codec.MaxFrameBytes)
            return SendResult.TooLarge;
        if (!pool.TryRentFrame(codec.GetEncodedLength(payload), out Frame? rented))
            return SendResult.OutOfMemory;
        FrameError error;
        int written;
        try
        {
            error = codec.TryEncode(payload, rented.Span, out written);
        }
        catch
        {
            rented.Release();
            throw;
        }
        if (error != FrameError.None)
        {
            rented.Release();
            return error == FrameError.TooLarge ? SendResult.TooLarge : SendResult.Malformed;
        }
        rented.Truncate(written);
        frame = Fit(rented, pool);
        return SendResult.Queued;
    }

    /// <summary>
    /// Moves what became much shorter than its codec feared, as compressed frames do, to a block of its size: outboxes
    /// count the bytes of frames, and what these hold must not be many times that.
    /// </summary>
    private static Frame Fit(Frame frame, SlabPool pool)
    {
        bool fitsSmaller = frame.Length <= frame.HeldBytes / 2 && frame.HeldBytes > SlabPool.SmallestBytes;
        if (!fitsSmaller || !pool.TryRentFrame(frame.Length, out Frame? smaller))
            return frame;
        frame.Span.CopyTo(smaller.Span);
        frame.Release();
        return smaller;
    }
}
