using System.Buffers;

namespace Longwire.Protocols.Feed;

/// <summary>Do something and reply.</summary>
public readonly ref struct FeedCommand
{
    /// <summary>The request's number, which its answer repeats.</summary>
    public uint Id { get; private init; }

    /// <summary>The time in which the reply is of use; 0 for the server's limit.</summary>
    public TimeSpan Deadline { get; private init; }

    /// <summary>What to do.</summary>
    public ReadOnlySpan<byte> Name { get; private init; }

    /// <summary>Its argument.</summary>
    public ReadOnlySpan<byte> Payload { get; private init; }

    /// <summary>Reads a message; false when it is malformed, and where.</summary>
    public static bool TryRead(ReadOnlySpan<byte> message, out FeedCommand command, out FeedFault fault)
    {
        var fields = new FieldReader(message, FeedType.Command);
        command = new FeedCommand
        {
            Id = fields.UInt32("id"),
            Deadline = fields.Milliseconds("deadline"),
            Name = fields.Text("name", FeedProtocol.MaxNameBytes),
            Payload = fields.Payload(),
        };
        return fields.End(out fault);
    }

    /// <summary>Writes the message.</summary>
    public static void Write(
        IBufferWriter<byte> output, uint id, TimeSpan deadline, ReadOnlySpan<char> name, ReadOnlySpan<byte> payload) =>
        new FieldWriter(output, FeedType.Command)
            .UInt32(id)
            .Milliseconds(deadline)
            .Text(name, FeedProtocol.MaxNameBytes)
            .Payload(payload);
}

/// <summary>The answer to a command.</summary>
public readonly ref struct FeedReply
{
    /// <summary>The request's number, which its answer repeats.</summary>
    public uint Id { get; private init; }

    /// <summary>The result.</summary>
    public ReadOnlySpan<byte> Payload { get; private init; }

    /// <summary>Reads a message; false when it is malformed, and where.</summary>
    public static bool TryRead(ReadOnlySpan<byte> message, out FeedReply reply, out FeedFault fault)
    {
        var fields = new FieldReader(message, FeedType.Reply);
        reply = new FeedReply
        {
            Id = fields.UInt32("id"),
            Payload = fields.Payload(),
        };
        return fields.End(out fault);
    }

    /// <summary>Writes the message.</summary>
    public static void Write(IBufferWriter<byte> output, uint id, ReadOnlySpan<byte> payload) =>
        new FieldWriter(output, FeedType.Reply)
            .UInt32(id)
            .Payload(payload);
}
