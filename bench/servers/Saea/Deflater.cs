using System.IO.Compression;

namespace PushLab;

/// <summary>One connection's deflate stream: what is sent may refer to what was sent before.</summary>
/// <remarks>Owner and concurrency: the connection's sender. Bound: zlib's state, and the largest send.</remarks>
internal sealed class Deflater : IDisposable
{
    private readonly MemoryStream _output = new();
    private readonly DeflateStream _stream;

    public Deflater() => _stream = new DeflateStream(_output, CompressionLevel.Optimal, leaveOpen: true);

    /// <summary>Valid until the next call.</summary>
    public ArraySegment<byte> Compress(List<ArraySegment<byte>> blocks)
    {
        _output.SetLength(0);
        foreach (ArraySegment<byte> block in blocks)
            _stream.Write(block);
        _stream.Flush(); // so that the peer can read all of it
        return new(_output.GetBuffer(), 0, (int)_output.Length);
    }

    public void Dispose()
    {
        _output.SetLength(0);
        _stream.Dispose();
    }
}
