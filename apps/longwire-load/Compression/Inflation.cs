using System.IO.Compression;

namespace Longwire.Load.Compression;

/// <summary>
/// Inflates what servers send: raw deflate (RFC 1951), one stream per connection. What the loop read is inflated to its
/// end at once, so all connections share the buffers, and one has its window and tables alone.
/// </summary>
/// <remarks>Owner: the loop. Concurrency: the loop. Bound: what one read brought, and 64 KiB of what became of it.
/// </remarks>
internal sealed class Inflation
{
    private readonly Feed _feed = new();
    private readonly byte[] _output = new byte[64 << 10];
    private long _inflated;

    internal DeflateStream NewInflater() => new(_feed, CompressionMode.Decompress, leaveOpen: true);

    /// <summary>Takes what a connection's inflater is to read next.</summary>
    internal void Put(ReadOnlySpan<byte> bytes) => _feed.Put(bytes);

    /// <summary>What became of it, piece by piece, valid until the next call; empty at its end.</summary>
    /// <exception cref="InvalidDataException">It is no deflate.</exception>
    internal ReadOnlySpan<byte> Take(DeflateStream inflater)
    {
        int count = inflater.Read(_output);
        _inflated += count;
        return _output.AsSpan(0, count);
    }

    /// <summary>Bytes since the last call: as they came, and inflated.</summary>
    internal (long Deflated, long Inflated) TakeCounts()
    {
        (long, long) counts = (_feed.Total, _inflated);
        _feed.Total = _inflated = 0;
        return counts;
    }

    /// <summary>What was put and not read; then the end, until more is put.</summary>
    private sealed class Feed : Stream
    {
        private byte[] _bytes = new byte[64 << 10];
        private int _read;
        private int _count;

        internal long Total { get; set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        internal void Put(ReadOnlySpan<byte> bytes)
        {
            if (_bytes.Length < bytes.Length)
                _bytes = new byte[bytes.Length];
            bytes.CopyTo(_bytes);
            (_read, _count) = (0, bytes.Length);
            Total += bytes.Length;
        }

        public override int Read(Span<byte> buffer)
        {
            int count = Math.Min(buffer.Length, _count - _read);
            _bytes.AsSpan(_read, count).CopyTo(buffer);
            _read += count;
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
