using System.Buffers;

namespace Longwire.Protocols.Feed;

/// <summary>One message at a time, for whoever copies it at once.</summary>
internal static class FeedScratch
{
    private const int KeptBytes = 64 << 10; // one large message must not keep its memory

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? t_writer;

    /// <summary>The message that a writer writes; valid until the thread's next.</summary>
    internal static ReadOnlySpan<byte> Write(Action<IBufferWriter<byte>> write)
    {
        ArrayBufferWriter<byte> output = t_writer ??= new ArrayBufferWriter<byte>(256);
        output.ResetWrittenCount();
        write(output);
        if (output.Capacity > KeptBytes)
            t_writer = null;
        return output.WrittenSpan;
    }
}
