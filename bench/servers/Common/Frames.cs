using System.Buffers.Binary;

namespace PushLab;

internal enum FrameKind
{
    Incomplete,
    Malformed,
    Subscribe,
    Publish,
    Echo,
}

/// <summary>The wire format: 4 bytes of length, big-endian, then the payload, whose first byte is the kind.</summary>
internal static class Frames
{
    public const int HeaderBytes = 4;
    public const int MaxPayloadBytes = 1 << 20;

    /// <summary>What the frame at the start is, of which <paramref name="available"/> bytes have arrived.</summary>
    /// <param name="start">The first bytes: header and kind, as far as they have arrived.</param>
    /// <param name="available">How much has arrived in all.</param>
    /// <param name="size">Bytes of the whole frame; of the header while that is incomplete.</param>
    public static FrameKind Read(ReadOnlySpan<byte> start, long available, out int size)
    {
        size = HeaderBytes;
        if (available < HeaderBytes)
            return FrameKind.Incomplete;
        uint payload = BinaryPrimitives.ReadUInt32BigEndian(start);
        if (payload is 0 or > MaxPayloadBytes)
            return FrameKind.Malformed;
        size += (int)payload;
        if (available < size)
            return FrameKind.Incomplete;
        return start[HeaderBytes] switch
        {
            (byte)'S' => FrameKind.Subscribe,
            (byte)'P' => FrameKind.Publish,
            (byte)'E' => FrameKind.Echo,
            _ => FrameKind.Malformed,
        };
    }

    /// <summary>All complete frames of one kind at the start: handled as one block, hence sent as one.</summary>
    public static FrameKind ReadRun(ReadOnlySpan<byte> bytes, out int size)
    {
        FrameKind kind = Read(bytes, bytes.Length, out size);
        if (kind is FrameKind.Incomplete or FrameKind.Malformed)
            return kind;
        while (Read(bytes[size..], bytes.Length - size, out int next) == kind)
            size += next;
        return kind;
    }
}
