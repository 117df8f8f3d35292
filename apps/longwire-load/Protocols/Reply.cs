namespace Longwire.Load.Protocols;

/// <summary>What a server said, as far as a load driver needs to know.</summary>
internal enum ReplyKind : byte
{
    /// <summary>Not all of it has arrived.</summary>
    Incomplete,

    /// <summary>The greeting or a probe is answered.</summary>
    Ready,

    /// <summary>A message that somebody published.</summary>
    Message,

    /// <summary>The answer to an echo request.</summary>
    Echo,

    /// <summary>The server wants a sign of life.</summary>
    Ping,

    /// <summary>Something that may be ignored.</summary>
    Other,

    /// <summary>A refusal, or bytes that the protocol does not know.</summary>
    Malformed,
}

/// <summary>The first reply of a byte stream.</summary>
internal readonly ref struct Reply(ReplyKind kind, int bytes, ReadOnlySpan<byte> payload = default)
{
    internal ReplyKind Kind { get; } = kind;

    /// <summary>
    /// Bytes that it takes in the stream; of an incomplete one those that are needed to go on, or 0 where the next
    /// line feed decides.
    /// </summary>
    internal int Bytes { get; } = bytes;

    /// <summary>The message, the echo or the complaint; a slice of the input.</summary>
    internal ReadOnlySpan<byte> Payload { get; } = payload;

    internal static Reply NeedsLine => new(ReplyKind.Incomplete, 0);


    /// <summary>A reply that ends the stream; what it says is its payload.</summary>
    internal static Reply Malformed(ReadOnlySpan<byte> input) => new(ReplyKind.Malformed, input.Length, input);

    internal static Reply Needs(int bytes) => new(ReplyKind.Incomplete, bytes);
}
