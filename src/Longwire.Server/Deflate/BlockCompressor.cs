using System.Buffers;
using System.IO.Compression;

namespace Longwire;

/// <summary>Compresses messages each by itself, ended by a sync flush, so that they begin and end on a byte.</summary>
/// <remarks>
/// Owner: the thread that encodes, which is the loop for topics and for what inline handlers send, and the caller's for
/// what is sent from elsewhere. Bound: one message at a time and thread, with an array of its size from the shared
/// array pool (the codec holds a second one) and about 270 KB of zlib's state, both outside the slab pool's ceiling.
/// The platform has no compressor that can be reset before .NET 11 (dotnet/runtime#131307), so each message takes a new
/// <see cref="DeflateStream"/>; see <c>docs/decisions/0012-compress-each-message-by-itself.md</c> for what that costs.
/// </remarks>
internal sealed class BlockCompressor : Stream
{
    [ThreadStatic]
    private static BlockCompressor? t_current;

    private byte[] _output = [];
    private int _length;
    private int _limit;
    private bool _isDone; // what is written now belongs to nothing

    public override bool CanRead => false;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Compresses a message; false when it would not be smaller than it is.</summary>
    internal static bool TryCompress(
        ReadOnlySpan<byte> message, Span<byte> into, CompressionLevel level, out int written)
    {
        BlockCompressor compressor = t_current ??= new BlockCompressor();
        compressor.Begin(message.Length - 1);
        try
        {
            using var stream = new DeflateStream(compressor, level, leaveOpen: true);
            stream.Write(message);
            stream.Flush(); // Z_SYNC_FLUSH: an empty block of type 0, which ends on a byte
            written = compressor.Take(into);
        }
        finally
        {
            compressor.End();
        }
        return written > 0;
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (_isDone)
            return;
        _isDone = _length + buffer.Length > _limit;
        if (_isDone)
            _length = 0;
        else
            buffer.CopyTo(_output.AsSpan(_length));
        _length += _isDone ? 0 : buffer.Length;
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private void Begin(int limit)
    {
        _output = ArrayPool<byte>.Shared.Rent(limit);
        _limit = limit;
        _length = 0;
        _isDone = false;
    }

    private int Take(Span<byte> into)
    {
        _output.AsSpan(0, _length).CopyTo(into);
        _isDone = true;
        return _length;
    }

    private void End()
    {
        ArrayPool<byte>.Shared.Return(_output);
        _output = [];
    }
}
