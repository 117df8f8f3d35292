using System.IO.Compression;

namespace Longwire.ServerTests;

/// <summary>zlib as a client that is fed part by part: what can be inflated is there at once.</summary>
internal sealed class PushInflater : IDisposable
{
    private readonly Feed _feed = new();
    private readonly DeflateStream _inflater;
    private readonly byte[] _buffer = new byte[64 << 10];

    internal PushInflater() => _inflater = new DeflateStream(_feed, CompressionMode.Decompress);

    public void Dispose() => _inflater.Dispose();

    /// <summary>All that the stream holds up to here.</summary>
    internal byte[] Inflate(ReadOnlyMemory<byte> part)
    {
        var output = new MemoryStream();
        _feed.Next = part;
        while (_inflater.Read(_buffer) is var count and > 0)
            output.Write(_buffer, 0, count);
        Assert.True(_feed.Next.IsEmpty);
        return output.ToArray();
    }

    /// <summary>Gives one part, and then nothing: the inflater may ask again later.</summary>
    private sealed class Feed : MemoryStream
    {
        internal ReadOnlyMemory<byte> Next { get; set; }

        public override int Read(Span<byte> buffer)
        {
            int count = Math.Min(buffer.Length, Next.Length);
            Next.Span[..count].CopyTo(buffer);
            Next = Next[count..];
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));
    }
}
