using System.Buffers.Binary;

namespace Longwire;

/// <summary>Deflate's blocks without compression (RFC 1951 §3.2.4): they begin and end on a byte.</summary>
internal static class DeflateBlock
{
    /// <summary>Most bytes of one block.</summary>
    internal const int MostStored = ushort.MaxValue;

    private const int HeaderBytes = 5; // not final, type 0 and five bits of padding; the length, and its complement

    /// <summary>Bytes that <see cref="Store"/> writes.</summary>
    internal static int StoredLength(int length) =>
        length + (HeaderBytes * ((length + MostStored - 1) / MostStored));

    /// <summary>Writes bytes as they are, in as many blocks as they take.</summary>
    internal static int Store(ReadOnlySpan<byte> bytes, Span<byte> into)
    {
        int written = 0;
        while (!bytes.IsEmpty)
        {
            int count = Math.Min(bytes.Length, MostStored);
            into[written] = 0;
            BinaryPrimitives.WriteUInt16LittleEndian(into[(written + 1)..], (ushort)count);
            BinaryPrimitives.WriteUInt16LittleEndian(into[(written + 3)..], (ushort)~count);
            bytes[..count].CopyTo(into[(written + HeaderBytes)..]);
            written += HeaderBytes + count;
            bytes = bytes[count..];
        }
        return written;
    }
}
