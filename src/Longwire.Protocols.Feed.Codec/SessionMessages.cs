using System.Buffers;

namespace Longwire.Protocols.Feed;

/// <summary>First in each direction: who speaks which version, and which life of the topics this is.</summary>
public readonly ref struct FeedHello
{
    /// <summary>From the client the highest that it speaks, from the server the one that both will use.</summary>
    public ushort Version { get; private init; }

    /// <summary>What the sender can and demands.</summary>
    public FeedFeatures Features { get; private init; }

    /// <summary>The server's epoch; from a client the one that its positions belong to, 0 without any.</summary>
    public long Epoch { get; private init; }

    /// <summary>The longest message that the server takes and sends; 0 from a client.</summary>
    public uint MaxMessageBytes { get; private init; }

    /// <summary>A silent server sends PING this often; 0 from a client.</summary>
    public TimeSpan Heartbeat { get; private init; }

    /// <summary>The program and its version, for logs.</summary>
    public ReadOnlySpan<byte> Name { get; private init; }

    /// <summary>Reads a message; false when it is malformed, and where.</summary>
    public static bool TryRead(ReadOnlySpan<byte> message, out FeedHello hello, out FeedFault fault)
    {
        var fields = new FieldReader(message, FeedType.Hello);
        hello = new FeedHello
        {
            Version = fields.UInt16("version"),
            Features = (FeedFeatures)fields.UInt16("features"),
            Epoch = fields.Int63("epoch"),
            MaxMessageBytes = fields.UInt32("max message bytes"),
            Heartbeat = fields.Milliseconds("heartbeat"),
            Name = fields.Text("name", FeedProtocol.MaxNameBytes),
        };
        return fields.End(out fault);
    }

    /// <summary>Writes the message.</summary>
    public static void Write(
        IBufferWriter<byte> output, ushort version, FeedFeatures features, long epoch, uint maxMessageBytes,
        TimeSpan heartbeat, ReadOnlySpan<char> name) =>
        new FieldWriter(output, FeedType.Hello)
            .UInt16(version)
            .UInt16((ushort)features)
            .Int63(epoch)
            .UInt32(maxMessageBytes)
            .Milliseconds(heartbeat)
            .Text(name, FeedProtocol.MaxNameBytes);
}

/// <summary>Who the client is.</summary>
public readonly ref struct FeedAuth
{
    /// <summary>The request's number, which its answer repeats.</summary>
    public uint Id { get; private init; }

    /// <summary>The name of the account.</summary>
    public ReadOnlySpan<byte> User { get; private init; }

    /// <summary>Its password or token.</summary>
    public ReadOnlySpan<byte> Secret { get; private init; }

    /// <summary>Reads a message; false when it is malformed, and where.</summary>
    public static bool TryRead(ReadOnlySpan<byte> message, out FeedAuth auth, out FeedFault fault)
    {
        var fields = new FieldReader(message, FeedType.Auth);
        auth = new FeedAuth
        {
            Id = fields.UInt32("id"),
            User = fields.Text("user", FeedProtocol.MaxNameBytes),
            Secret = fields.Text("secret", FeedProtocol.MaxTextBytes),
        };
        return fields.End(out fault);
    }

    /// <summary>Writes the message.</summary>
    public static void Write(
        IBufferWriter<byte> output, uint id, ReadOnlySpan<char> user, ReadOnlySpan<char> secret) =>
        new FieldWriter(output, FeedType.Auth)
            .UInt32(id)
            .Text(user, FeedProtocol.MaxNameBytes)
            .Text(secret, FeedProtocol.MaxTextBytes);
}

/// <summary>A request was carried out.</summary>
public readonly ref struct FeedDone
{
    /// <summary>The request's number, which its answer repeats.</summary>
    public uint Id { get; private init; }

    /// <summary>Of PUBLISH: the number that the message got; else 0.</summary>
    public long Sequence { get; private init; }

    /// <summary>Reads a message; false when it is malformed, and where.</summary>
    public static bool TryRead(ReadOnlySpan<byte> message, out FeedDone done, out FeedFault fault)
    {
        var fields = new FieldReader(message, FeedType.Done);
        done = new FeedDone
        {
            Id = fields.UInt32("id"),
            Sequence = fields.Int63("sequence"),
        };
        return fields.End(out fault);
    }

    /// <summary>Writes the message.</summary>
    public static void Write(IBufferWriter<byte> output, uint id, long sequence) =>
        new FieldWriter(output, FeedType.Done)
            .UInt32(id)
            .Int63(sequence);
}

/// <summary>A request was refused. Codes below 16 end the connection.</summary>
public readonly ref struct FeedError
{
    /// <summary>The request's number; 0 when it is not known.</summary>
    public uint Id { get; private init; }

    /// <summary>Why, for programs.</summary>
    public FeedErrorCode Code { get; private init; }

    /// <summary>The field or the limit that it is about; may be empty.</summary>
    public ReadOnlySpan<byte> Field { get; private init; }

    /// <summary>Why, for people.</summary>
    public ReadOnlySpan<byte> Text { get; private init; }

    /// <summary>Reads a message; false when it is malformed, and where.</summary>
    public static bool TryRead(ReadOnlySpan<byte> message, out FeedError error, out FeedFault fault)
    {
        var fields = new FieldReader(message, FeedType.Error);
        error = new FeedError
        {
            Id = fields.UInt32("id"),
            Code = (FeedErrorCode)fields.UInt16("code"),
            Field = fields.Text("field", FeedProtocol.MaxNameBytes),
            Text = fields.Text("text", FeedProtocol.MaxTextBytes),
        };
        return fields.End(out fault);
    }

    /// <summary>Writes the message.</summary>
    public static void Write(
        IBufferWriter<byte> output, uint id, FeedErrorCode code, ReadOnlySpan<char> field, ReadOnlySpan<char> text) =>
        new FieldWriter(output, FeedType.Error)
            .UInt32(id)
            .UInt16((ushort)code)
            .Text(field, FeedProtocol.MaxNameBytes)
            .Text(text, FeedProtocol.MaxTextBytes);
}

/// <summary>The server is about to end the connection, and when to come back.</summary>
public readonly ref struct FeedGoodbye
{
    /// <summary>The number of the close reason; 500 when the server drains.</summary>
    public ushort Reason { get; private init; }

    /// <summary>Do not come back earlier.</summary>
    public TimeSpan RetryAfter { get; private init; }

    /// <summary>And wait for a random part of this on top.</summary>
    public TimeSpan Jitter { get; private init; }

    /// <summary>Why, for people.</summary>
    public ReadOnlySpan<byte> Text { get; private init; }

    /// <summary>Reads a message; false when it is malformed, and where.</summary>
    public static bool TryRead(ReadOnlySpan<byte> message, out FeedGoodbye goodbye, out FeedFault fault)
    {
        var fields = new FieldReader(message, FeedType.Goodbye);
        goodbye = new FeedGoodbye
        {
            Reason = fields.UInt16("reason"),
            RetryAfter = fields.Milliseconds("retry after"),
            Jitter = fields.Milliseconds("jitter"),
            Text = fields.Text("text", FeedProtocol.MaxTextBytes),
        };
        return fields.End(out fault);
    }

    /// <summary>Writes the message.</summary>
    public static void Write(
        IBufferWriter<byte> output, ushort reason, TimeSpan retryAfter, TimeSpan jitter, ReadOnlySpan<char> text) =>
        new FieldWriter(output, FeedType.Goodbye)
            .UInt16(reason)
            .Milliseconds(retryAfter)
            .Milliseconds(jitter)
            .Text(text, FeedProtocol.MaxTextBytes);
}

/// <summary>To be answered with PONG at once.</summary>
public readonly ref struct FeedPing
{
    /// <summary>Comes back in PONG.</summary>
    public ulong Token { get; private init; }

    /// <summary>Reads a message; false when it is malformed, and where.</summary>
    public static bool TryRead(ReadOnlySpan<byte> message, out FeedPing ping, out FeedFault fault)
    {
        var fields = new FieldReader(message, FeedType.Ping);
        ping = new FeedPing
        {
            Token = fields.UInt64("token"),
        };
        return fields.End(out fault);
    }

    /// <summary>Writes the message.</summary>
    public static void Write(IBufferWriter<byte> output, ulong token) =>
        new FieldWriter(output, FeedType.Ping)
            .UInt64(token);
}

/// <summary>The answer to PING.</summary>
public readonly ref struct FeedPong
{
    /// <summary>What PING held.</summary>
    public ulong Token { get; private init; }

    /// <summary>Reads a message; false when it is malformed, and where.</summary>
    public static bool TryRead(ReadOnlySpan<byte> message, out FeedPong pong, out FeedFault fault)
    {
        var fields = new FieldReader(message, FeedType.Pong);
        pong = new FeedPong
        {
            Token = fields.UInt64("token"),
        };
        return fields.End(out fault);
    }

    /// <summary>Writes the message.</summary>
    public static void Write(IBufferWriter<byte> output, ulong token) =>
        new FieldWriter(output, FeedType.Pong)
            .UInt64(token);
}
