using System.Buffers;

namespace PushLab;

/// <summary>Where a connection receives: rented while bytes are expected or a frame is incomplete.</summary>
/// <remarks>
/// Owner and concurrency: the receiving path of one connection. Bound: one frame, or what is usual if that is more.
/// </remarks>
internal sealed class ReceiveBuffer(int usualBytes = 16 << 10)
{
    private byte[]? _bytes;
    private int _count;

    /// <summary>No frame is incomplete.</summary>
    public bool IsEmpty => _count == 0;

    public ArraySegment<byte> Free
    {
        get
        {
            _bytes ??= ArrayPool<byte>.Shared.Rent(usualBytes);
            return new(_bytes, _count, _bytes.Length - _count);
        }
    }

    /// <summary>Hands the connection what is complete now; false if it has to end.</summary>
    public bool Received(int count, PushConnection connection)
    {
        ReadOnlySpan<byte> bytes = _bytes.AsSpan(0, _count + count);
        FrameKind kind;
        int size;
        while ((kind = Frames.ReadRun(bytes, out size)) != FrameKind.Incomplete)
        {
            if (!connection.Handle(kind, bytes[..size]))
                return false;
            bytes = bytes[size..];
        }
        Keep(bytes, size);
        return true;
    }

    public void Release()
    {
        if (_bytes is { } bytes)
            ArrayPool<byte>.Shared.Return(bytes);
        _bytes = null;
        _count = 0;
    }

    private void Keep(ReadOnlySpan<byte> rest, int needed)
    {
        byte[] current = _bytes!;
        bool larger = needed > current.Length;
        byte[] next = larger ? ArrayPool<byte>.Shared.Rent(needed) : current;
        rest.CopyTo(next);
        _count = rest.Length;
        _bytes = next;
        if (larger)
            ArrayPool<byte>.Shared.Return(current);
    }
}
