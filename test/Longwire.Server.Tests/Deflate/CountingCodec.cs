using Longwire.Primitives;

namespace Longwire.ServerTests;

/// <summary>A codec that counts how often it encodes; or that fails each time.</summary>
internal sealed class CountingCodec(Codec inner, bool fails = false) : Codec
{
    private int _encoded;

    public override int MaxFrameBytes => inner.MaxFrameBytes;

    internal int Encoded => Volatile.Read(ref _encoded);

    public override FrameDecoder CreateDecoder(SlabPool pool) => inner.CreateDecoder(pool);

    public override int GetEncodedLength(ReadOnlySpan<byte> payload) => inner.GetEncodedLength(payload);

    public override FrameError TryEncode(ReadOnlySpan<byte> payload, Span<byte> destination, out int written)
    {
        Interlocked.Increment(ref _encoded);
        return fails
            ? throw new InvalidOperationException("This codec fails.")
            : inner.TryEncode(payload, destination, out written);
    }
}
