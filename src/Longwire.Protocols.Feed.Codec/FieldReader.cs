using System.Buffers.Binary;
using System.Text.Unicode;

namespace Longwire.Protocols.Feed;

/// <summary>
/// Reads a message's fields in their order. The first that does not fit is remembered, and all after it are empty.
/// </summary>
internal ref struct FieldReader
{
    private ReadOnlySpan<byte> _rest;
    private FeedFault _fault;

    internal FieldReader(ReadOnlySpan<byte> message, FeedType type)
    {
        _rest = message;
        if (UInt8("type") != (byte)type && _fault.Code == FeedErrorCode.None)
            _fault = new FeedFault(FeedErrorCode.UnknownType, "type");
    }

    internal byte UInt8(string field) => Take(1, field) is [byte value] ? value : default;

    internal ushort UInt16(string field) =>
        Take(2, field) is { IsEmpty: false } bytes ? BinaryPrimitives.ReadUInt16BigEndian(bytes) : default;

    internal uint UInt32(string field) =>
        Take(4, field) is { IsEmpty: false } bytes ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : default;

    /// <summary>Eight bytes whose first bit is 0.</summary>
    internal long Int63(string field)
    {
        long value = Take(8, field) is { IsEmpty: false } bytes ? BinaryPrimitives.ReadInt64BigEndian(bytes) : 0;
        if (value >= 0)
            return value;
        Fail(field);
        return 0;
    }

    internal ulong UInt64(string field) =>
        Take(8, field) is { IsEmpty: false } bytes ? BinaryPrimitives.ReadUInt64BigEndian(bytes) : default;

    internal TimeSpan Milliseconds(string field) => TimeSpan.FromMilliseconds(UInt32(field));

    /// <summary>Two bytes of length and that many bytes of UTF-8.</summary>
    internal ReadOnlySpan<byte> Text(string field, int most)
    {
        int length = UInt16(field);
        if (length > most)
            Fail(field);
        ReadOnlySpan<byte> text = Take(length, field);
        if (Utf8.IsValid(text))
            return text;
        Fail(field);
        return default;
    }

    /// <summary>Two bytes of count and that many positions, all of which are checked here.</summary>
    internal FeedPositions Positions(string field)
    {
        int count = UInt16(field);
        if (count > FeedProtocol.MaxPositions)
            Fail(field);
        ReadOnlySpan<byte> from = _rest;
        for (int i = 0; i < count && _fault.Code == FeedErrorCode.None; i++)
        {
            Text(field, FeedProtocol.MaxTopicBytes);
            Int63(field);
        }
        return _fault.Code == FeedErrorCode.None
            ? new FeedPositions(from[..(from.Length - _rest.Length)], count)
            : default;
    }

    /// <summary>All that is left.</summary>
    internal ReadOnlySpan<byte> Payload() => Take(_rest.Length, "payload");

    /// <summary>Whether all fields were there. What follows them belongs to later versions and is ignored.</summary>
    internal readonly bool End(out FeedFault fault)
    {
        fault = _fault;
        return fault.Code == FeedErrorCode.None;
    }

    private ReadOnlySpan<byte> Take(int count, string field)
    {
        if (_fault.Code == FeedErrorCode.None && count > _rest.Length)
            Fail(field);
        if (_fault.Code != FeedErrorCode.None)
            return default;
        ReadOnlySpan<byte> taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }

    private void Fail(string field)
    {
        if (_fault.Code == FeedErrorCode.None)
            _fault = new FeedFault(FeedErrorCode.Malformed, field);
    }
}
