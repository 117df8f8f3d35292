using System.Buffers.Binary;

namespace Longwire.Protocols.Feed;

/// <summary>The last message of a topic that a client knows.</summary>
/// <param name="Topic">The topic's name.</param>
/// <param name="Sequence">The message's number; 0 for "none yet".</param>
public readonly record struct FeedPosition(string Topic, long Sequence);

/// <summary>The positions of a SUBSCRIBE, to be read one after the other. They are well-formed.</summary>
public ref struct FeedPositions
{
    private ReadOnlySpan<byte> _rest;

    internal FeedPositions(ReadOnlySpan<byte> bytes, int count)
    {
        _rest = bytes;
        Count = count;
    }

    /// <summary>Positions that are still to be read.</summary>
    public int Count { get; private set; }

    /// <summary>The next position; false behind the last one.</summary>
    /// <param name="topic">The topic's name in UTF-8.</param>
    /// <param name="sequence">The last sequence number that the client knows of it.</param>
    public bool TryRead(out ReadOnlySpan<byte> topic, out long sequence)
    {
        topic = default;
        sequence = 0;
        if (Count == 0)
            return false;
        int length = BinaryPrimitives.ReadUInt16BigEndian(_rest);
        topic = _rest.Slice(2, length);
        sequence = BinaryPrimitives.ReadInt64BigEndian(_rest[(2 + length)..]);
        _rest = _rest[(2 + length + 8)..];
        Count--;
        return true;
    }
}
