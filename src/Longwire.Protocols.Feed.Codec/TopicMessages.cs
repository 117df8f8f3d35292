using System.Buffers;

namespace Longwire.Protocols.Feed;

/// <summary>Send what the topics of a filter hold, and then what is published to them.</summary>
public readonly ref struct FeedSubscribe
{
    /// <summary>The request's number, which its answer repeats.</summary>
    public uint Id { get; private init; }

    /// <summary>Least time between two values of one topic; 0 for each of them.</summary>
    public TimeSpan Interval { get; private init; }

    /// <summary>Which topics.</summary>
    public ReadOnlySpan<byte> Filter { get; private init; }

    /// <summary>The last sequence number known of each topic, in the epoch of HELLO.</summary>
    public FeedPositions Positions { get; private init; }

    /// <summary>Reads a message; false when it is malformed, and where.</summary>
    public static bool TryRead(ReadOnlySpan<byte> message, out FeedSubscribe subscribe, out FeedFault fault)
    {
        var fields = new FieldReader(message, FeedType.Subscribe);
        subscribe = new FeedSubscribe
        {
            Id = fields.UInt32("id"),
            Interval = fields.Milliseconds("interval"),
            Filter = fields.Text("filter", FeedProtocol.MaxTopicBytes),
            Positions = fields.Positions("positions"),
        };
        return fields.End(out fault);
    }

    /// <summary>Writes the message.</summary>
    public static void Write(
        IBufferWriter<byte> output, uint id, TimeSpan interval, ReadOnlySpan<char> filter,
        ReadOnlySpan<FeedPosition> positions) =>
        new FieldWriter(output, FeedType.Subscribe)
            .UInt32(id)
            .Milliseconds(interval)
            .Text(filter, FeedProtocol.MaxTopicBytes)
            .Positions(positions);
}

/// <summary>No more of a filter.</summary>
public readonly ref struct FeedUnsubscribe
{
    /// <summary>The request's number, which its answer repeats.</summary>
    public uint Id { get; private init; }

    /// <summary>As it was subscribed to.</summary>
    public ReadOnlySpan<byte> Filter { get; private init; }

    /// <summary>Reads a message; false when it is malformed, and where.</summary>
    public static bool TryRead(ReadOnlySpan<byte> message, out FeedUnsubscribe unsubscribe, out FeedFault fault)
    {
        var fields = new FieldReader(message, FeedType.Unsubscribe);
        unsubscribe = new FeedUnsubscribe
        {
            Id = fields.UInt32("id"),
            Filter = fields.Text("filter", FeedProtocol.MaxTopicBytes),
        };
        return fields.End(out fault);
    }

    /// <summary>Writes the message.</summary>
    public static void Write(IBufferWriter<byte> output, uint id, ReadOnlySpan<char> filter) =>
        new FieldWriter(output, FeedType.Unsubscribe)
            .UInt32(id)
            .Text(filter, FeedProtocol.MaxTopicBytes);
}

/// <summary>A message of a topic: the same bytes for every subscriber.</summary>
public readonly ref struct FeedValue
{
    /// <summary>Its number in the topic; rises, and starts at 1 in each epoch.</summary>
    public long Sequence { get; private init; }

    /// <summary>Its topic.</summary>
    public ReadOnlySpan<byte> Topic { get; private init; }

    /// <summary>What was published.</summary>
    public ReadOnlySpan<byte> Payload { get; private init; }

    /// <summary>Reads a message; false when it is malformed, and where.</summary>
    public static bool TryRead(ReadOnlySpan<byte> message, out FeedValue value, out FeedFault fault)
    {
        var fields = new FieldReader(message, FeedType.Value);
        value = new FeedValue
        {
            Sequence = fields.Int63("sequence"),
            Topic = fields.Text("topic", FeedProtocol.MaxTopicBytes),
            Payload = fields.Payload(),
        };
        return fields.End(out fault);
    }

    /// <summary>Writes the message.</summary>
    public static void Write(
        IBufferWriter<byte> output, long sequence, ReadOnlySpan<char> topic, ReadOnlySpan<byte> payload) =>
        new FieldWriter(output, FeedType.Value)
            .Int63(sequence)
            .Text(topic, FeedProtocol.MaxTopicBytes)
            .Payload(payload);
}

/// <summary>Every topic of a filter has sent what it held; from here on come changes.</summary>
public readonly ref struct FeedSnapshotEnd
{
    /// <summary>As it was subscribed to.</summary>
    public ReadOnlySpan<byte> Filter { get; private init; }

    /// <summary>Reads a message; false when it is malformed, and where.</summary>
    public static bool TryRead(ReadOnlySpan<byte> message, out FeedSnapshotEnd snapshotEnd, out FeedFault fault)
    {
        var fields = new FieldReader(message, FeedType.SnapshotEnd);
        snapshotEnd = new FeedSnapshotEnd
        {
            Filter = fields.Text("filter", FeedProtocol.MaxTopicBytes),
        };
        return fields.End(out fault);
    }

    /// <summary>Writes the message.</summary>
    public static void Write(IBufferWriter<byte> output, ReadOnlySpan<char> filter) =>
        new FieldWriter(output, FeedType.SnapshotEnd)
            .Text(filter, FeedProtocol.MaxTopicBytes);
}

/// <summary>Messages of a topic were lost.</summary>
public readonly ref struct FeedGap
{
    /// <summary>How many.</summary>
    public long Count { get; private init; }

    /// <summary>Of which topic.</summary>
    public ReadOnlySpan<byte> Topic { get; private init; }

    /// <summary>Reads a message; false when it is malformed, and where.</summary>
    public static bool TryRead(ReadOnlySpan<byte> message, out FeedGap gap, out FeedFault fault)
    {
        var fields = new FieldReader(message, FeedType.Gap);
        gap = new FeedGap
        {
            Count = fields.Int63("count"),
            Topic = fields.Text("topic", FeedProtocol.MaxTopicBytes),
        };
        return fields.End(out fault);
    }

    /// <summary>Writes the message.</summary>
    public static void Write(IBufferWriter<byte> output, long count, ReadOnlySpan<char> topic) =>
        new FieldWriter(output, FeedType.Gap)
            .Int63(count)
            .Text(topic, FeedProtocol.MaxTopicBytes);
}

/// <summary>A topic's source has stopped; the next VALUE ends that.</summary>
public readonly ref struct FeedStale
{
    /// <summary>Which topic.</summary>
    public ReadOnlySpan<byte> Topic { get; private init; }

    /// <summary>Reads a message; false when it is malformed, and where.</summary>
    public static bool TryRead(ReadOnlySpan<byte> message, out FeedStale stale, out FeedFault fault)
    {
        var fields = new FieldReader(message, FeedType.Stale);
        stale = new FeedStale
        {
            Topic = fields.Text("topic", FeedProtocol.MaxTopicBytes),
        };
        return fields.End(out fault);
    }

    /// <summary>Writes the message.</summary>
    public static void Write(IBufferWriter<byte> output, ReadOnlySpan<char> topic) =>
        new FieldWriter(output, FeedType.Stale)
            .Text(topic, FeedProtocol.MaxTopicBytes);
}

/// <summary>A message for a topic.</summary>
public readonly ref struct FeedPublish
{
    /// <summary>The request's number; with 0 only an error is answered.</summary>
    public uint Id { get; private init; }

    /// <summary>Its topic; no wildcards.</summary>
    public ReadOnlySpan<byte> Topic { get; private init; }

    /// <summary>The message.</summary>
    public ReadOnlySpan<byte> Payload { get; private init; }

    /// <summary>Reads a message; false when it is malformed, and where.</summary>
    public static bool TryRead(ReadOnlySpan<byte> message, out FeedPublish publish, out FeedFault fault)
    {
        var fields = new FieldReader(message, FeedType.Publish);
        publish = new FeedPublish
        {
            Id = fields.UInt32("id"),
            Topic = fields.Text("topic", FeedProtocol.MaxTopicBytes),
            Payload = fields.Payload(),
        };
        return fields.End(out fault);
    }

    /// <summary>Writes the message.</summary>
    public static void Write(
        IBufferWriter<byte> output, uint id, ReadOnlySpan<char> topic, ReadOnlySpan<byte> payload) =>
        new FieldWriter(output, FeedType.Publish)
            .UInt32(id)
            .Text(topic, FeedProtocol.MaxTopicBytes)
            .Payload(payload);
}
