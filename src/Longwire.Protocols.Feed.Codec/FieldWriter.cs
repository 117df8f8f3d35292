using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Longwire.Protocols.Feed;

/// <summary>Writes a message's fields in their order.</summary>
internal readonly struct FieldWriter
{
    private readonly IBufferWriter<byte> _output;

    internal FieldWriter(IBufferWriter<byte> output, FeedType type)
    {
        ArgumentNullException.ThrowIfNull(output);
        _output = output;
        UInt8((byte)type);
    }

    internal FieldWriter UInt8(byte value)
    {
        _output.GetSpan(1)[0] = value;
        _output.Advance(1);
        return this;
    }

    internal FieldWriter UInt16(int value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_output.GetSpan(2), checked((ushort)value));
        _output.Advance(2);
        return this;
    }

    internal FieldWriter UInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(_output.GetSpan(4), value);
        _output.Advance(4);
        return this;
    }

    internal FieldWriter UInt64(ulong value)
    {
        BinaryPrimitives.WriteUInt64BigEndian(_output.GetSpan(8), value);
        _output.Advance(8);
        return this;
    }

    internal FieldWriter Int63(long value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        return UInt64((ulong)value);
    }

    internal FieldWriter Milliseconds(TimeSpan value)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, TimeSpan.FromMilliseconds(uint.MaxValue));
        return UInt32((uint)value.TotalMilliseconds);
    }

    internal FieldWriter Text(ReadOnlySpan<char> text, int most)
    {
        int length = Encoding.UTF8.GetByteCount(text);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, most, nameof(text));
        UInt16(length);
        _output.Advance(Encoding.UTF8.GetBytes(text, _output.GetSpan(Math.Max(1, length))));
        return this;
    }

    internal FieldWriter Positions(ReadOnlySpan<FeedPosition> positions)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(
            positions.Length, FeedProtocol.MaxPositions, nameof(positions));
        UInt16(positions.Length);
        foreach (FeedPosition position in positions)
            Text(position.Topic, FeedProtocol.MaxTopicBytes).Int63(position.Sequence);
        return this;
    }

    internal void Payload(ReadOnlySpan<byte> payload) => _output.Write(payload);
}
