namespace Longwire.Fuzz;

/// <summary>Makes a payload that the codec can carry.</summary>
internal delegate byte[] PayloadMaker(ref FuzzRandom random);

/// <summary>One decoder under test: the real codec, its reference, and the bytes that are interesting to it.</summary>
internal sealed record FuzzTarget(string Name, Codec Codec, Func<byte[], List<Outcome>> Reference)
{
    /// <summary>What payloads are made of; few bytes, so that almost-matches are frequent. Empty: any byte.</summary>
    internal byte[] Alphabet { get; init; } = [];

    /// <summary>Makes a payload, where random bytes would hardly ever be one.</summary>
    internal PayloadMaker? Payload { get; init; }

    /// <summary>Payload bytes that every frame must have; 0: any number.</summary>
    internal int ExactBytes { get; init; }

    /// <summary>Most bytes of a piece; 0 when the target hands out whole frames.</summary>
    internal int PieceBytes { get; init; }
}

/// <summary>Every decoder, in every mode in which it takes another path.</summary>
internal static class FuzzTargets
{
    private const int Max = 40; // small: the limit is met often, and a frame takes several parts
    private const int Piece = 16;

    internal static IReadOnlyList<FuzzTarget> All { get; } =
    [
        Lines("lines", OversizedFrames.Reject, Utf8Validation.None, 0),
        Lines("lines-skip", OversizedFrames.Skip, Utf8Validation.None, 0),
        Lines("lines-strict", OversizedFrames.Skip, Utf8Validation.Strict, 0),
        Lines("lines-streaming", OversizedFrames.Skip, Utf8Validation.None, Piece),
        Delimited("delimited-aab", "aab", OversizedFrames.Reject, 0),
        Delimited("delimited-abab", "abababac", OversizedFrames.Skip, 0),
        Delimited("delimited-aa", "aa", OversizedFrames.Skip, 0),
        Delimited("delimited-one", "a", OversizedFrames.Skip, 0),
        Delimited("delimited-sixteen", "aabaabaabaabaaba", OversizedFrames.Reject, 0),
        Delimited("delimited-streaming", "aabaa", OversizedFrames.Skip, Piece),
        Delimited("delimited-streaming-sixteen", "aabaabaabaabaaba", OversizedFrames.Reject, Piece),
        Prefixed("prefix-byte", LengthPrefix.Byte(Max), 1, false, false, 0),
        Prefixed("prefix-byte-header", LengthPrefix.Byte(Max, LengthIncludes.Header), 1, false, true, 0),
        Prefixed("prefix-be16", LengthPrefix.BigEndian16(Max), 2, false, false, 0),
        Prefixed("prefix-le16-header", LengthPrefix.LittleEndian16(Max, LengthIncludes.Header), 2, true, true, 0),
        Prefixed("prefix-be32", LengthPrefix.BigEndian32(Max), 4, false, false, 0),
        Prefixed("prefix-be32-header", LengthPrefix.BigEndian32(Max, LengthIncludes.Header), 4, false, true, 0),
        Prefixed("prefix-le32", LengthPrefix.LittleEndian32(Max), 4, true, false, 0),
        Prefixed("prefix-streaming", LengthPrefix.BigEndian32(Max).Streaming(Piece), 4, false, false, Piece),
        new("varint", LengthPrefix.Varint(300), s => NaiveDecoders.Varint(s, 300)),
        new("varint-streaming", LengthPrefix.Varint(300).Streaming(Piece), s => NaiveDecoders.Varint(s, 300))
        {
            PieceBytes = Piece,
        },
        new("fixed", FixedSize.Bytes(12), s => NaiveDecoders.FixedSize(s, 12)) { ExactBytes = 12 },
        Proxy(new ProxyCodec()),
    ];

    private static FuzzTarget Lines(string name, OversizedFrames oversized, Utf8Validation validation, int piece)
    {
        Lines codec = Longwire.Lines.Utf8(Max, oversized, LineEnding.Lf, validation);
        bool skip = oversized == OversizedFrames.Skip;
        bool strict = validation == Utf8Validation.Strict;
        return new(name, piece > 0 ? codec.Streaming(piece) : codec, s => NaiveDecoders.Lines(s, Max, skip, strict))
        {
            Alphabet = strict ? "ab\r"u8.ToArray() : "ab\r\r\xC3"u8.ToArray(),
            PieceBytes = piece,
        };
    }

    private static FuzzTarget Delimited(string name, string delimiter, OversizedFrames oversized, int piece)
    {
        byte[] bytes = System.Text.Encoding.ASCII.GetBytes(delimiter);
        Delimited codec = Longwire.Delimited.By(bytes, Max, oversized);
        bool skip = oversized == OversizedFrames.Skip;
        return new(name, piece > 0 ? codec.Streaming(piece) : codec,
            s => NaiveDecoders.Delimited(s, bytes, Max, skip))
        {
            Alphabet = delimiter.Length == 1 ? "bcd"u8.ToArray() : "aaabbcc"u8.ToArray(),
            PieceBytes = piece,
        };
    }

    private static FuzzTarget Prefixed(string name, LengthPrefix codec, int width, bool little, bool header, int piece)
        => new(name, codec, s => NaiveDecoders.Prefixed(s, width, little, header, Max)) { PieceBytes = piece };

    private static FuzzTarget Proxy(ProxyCodec codec) => new("proxy", codec, NaiveProxy.Decode)
    {
        Alphabet = "\r\n\0 .:012359aFPROXY\u0003\u0021"u8.ToArray(),
        Payload = codec.MakePayload,
    };
}
