namespace Longwire.Framing.Tests;

public sealed class LengthPrefixTests
{
    private const LengthIncludes WithHeader = LengthIncludes.Header;

    public static TheoryData<string, LengthPrefix, string, string> Streams() => new()
    {
        { "byte", LengthPrefix.Byte(4), "\u0002ab\0\u0001c", "[ab] [] [c] end" },
        { "byte, header", LengthPrefix.Byte(4, WithHeader), "\u0003ab\u0001\u0002c", "[ab] [] [c] end" },
        { "be16", LengthPrefix.BigEndian16(4), "\0\u0002ab\0\0", "[ab] [] end" },
        { "be16, header", LengthPrefix.BigEndian16(4, WithHeader), "\0\u0004ab\0\u0002", "[ab] [] end" },
        { "le16", LengthPrefix.LittleEndian16(4), "\u0002\0ab\0\0", "[ab] [] end" },
        { "le16, header", LengthPrefix.LittleEndian16(4, WithHeader), "\u0004\0ab\u0002\0", "[ab] [] end" },
        { "be32", LengthPrefix.BigEndian32(4), "\0\0\0\u0002ab\0\0\0\0", "[ab] [] end" },
        { "be32, header", LengthPrefix.BigEndian32(4, WithHeader), "\0\0\0\u0006ab\0\0\0\u0004", "[ab] [] end" },
        { "le32", LengthPrefix.LittleEndian32(4), "\u0002\0\0\0ab\0\0\0\0", "[ab] [] end" },
        { "le32, header", LengthPrefix.LittleEndian32(4, WithHeader), "\u0006\0\0\0ab\u0004\0\0\0", "[ab] [] end" },
        { "varint", LengthPrefix.Varint(4), "\u0002ab\0\u0001c", "[ab] [] [c] end" },
        { "at the limit", LengthPrefix.Byte(4), "\u0004abcd", "[abcd] end" },
        { "over the limit", LengthPrefix.Byte(4), "\u0001x\u0005", "[x] invalid:TooLarge" },
        { "over, be32", LengthPrefix.BigEndian32(4), "\u00FF\u00FF\u00FF\u00FF", "invalid:TooLarge" },
        { "over, le32", LengthPrefix.LittleEndian32(4), "\u0005\0\0\0", "invalid:TooLarge" },
        { "over, header", LengthPrefix.Byte(4, WithHeader), "\u0006", "invalid:TooLarge" },
        { "less than the header", LengthPrefix.BigEndian32(4, WithHeader), "\0\0\0\u0003", "invalid:Malformed" },
        { "nothing, header", LengthPrefix.Byte(4, WithHeader), "\0", "invalid:Malformed" },
        { "end in the header", LengthPrefix.BigEndian32(4), "\0\0\0\u0001x\0\0", "[x] invalid:Truncated" },
        { "end after the header", LengthPrefix.BigEndian32(4), "\0\0\0\u0001", "invalid:Truncated" },
        { "end in the payload", LengthPrefix.BigEndian16(4), "\0\u0003ab", "invalid:Truncated" },
        { "varint, over-long zero", LengthPrefix.Varint(4), "\u0080\0", "invalid:Malformed" },
        { "varint, over-long one", LengthPrefix.Varint(4), "\u0081\u0080\0", "invalid:Malformed" },
        { "varint, six bytes", LengthPrefix.Varint(4), "\u0080\u0080\u0080\u0080\u0080\u0001", "invalid:Malformed" },
        { "varint, 33 bits", LengthPrefix.Varint(4), "\u00FF\u00FF\u00FF\u00FF\u0010", "invalid:Malformed" },
        { "varint, 32 bits", LengthPrefix.Varint(4), "\u00FF\u00FF\u00FF\u00FF\u000F", "invalid:TooLarge" },
        { "varint, end in the header", LengthPrefix.Varint(4), "\u0080", "invalid:Truncated" },
        { "varint, over the limit", LengthPrefix.Varint(4), "\u0005", "invalid:TooLarge" },
    };

    [Theory]
    [MemberData(nameof(Streams))]
    public void Headers_are_read_across_splits(string what, LengthPrefix codec, string stream, string expected)
    {
        Assert.NotEmpty(what);
        Decoding.Check(codec, stream, expected);
        Decoding.Check(codec.Streaming(pieceBytes: 16), stream, expected);
    }

    [Theory]
    [InlineData(127, "\u007F")]
    [InlineData(128, "\u0080\u0001")]
    [InlineData(300, "\u00AC\u0002")]
    [InlineData(16_383, "\u00FF\u007F")]
    [InlineData(16_384, "\u0080\u0080\u0001")]
    [InlineData(2_097_152, "\u0080\u0080\u0080\u0001")]
    public void Varints_take_seven_bits_a_byte(int length, string header)
    {
        LengthPrefix codec = LengthPrefix.Varint(maxBytes: 3_000_000);
        string payload = new('x', length);
        string wire = Decoding.Encode(codec, payload);
        Assert.Equal(header, wire[..^length]);
        Assert.Equal($"[{payload}] end", Decoding.Run(codec, System.Text.Encoding.Latin1.GetBytes(wire), 1, 2, 100));
    }

    [Fact]
    public void Encoding_writes_what_the_header_counts()
    {
        Assert.Equal("\u0002ab", Decoding.Encode(LengthPrefix.Byte(4), "ab"));
        Assert.Equal("\u0003ab", Decoding.Encode(LengthPrefix.Byte(4, WithHeader), "ab"));
        Assert.Equal("\0\u0002ab", Decoding.Encode(LengthPrefix.BigEndian16(4), "ab"));
        Assert.Equal("\u0004\0ab", Decoding.Encode(LengthPrefix.LittleEndian16(4, WithHeader), "ab"));
        Assert.Equal("\0\0\0\u0002ab", Decoding.Encode(LengthPrefix.BigEndian32(4), "ab"));
        Assert.Equal("\u0006\0\0\0ab", Decoding.Encode(LengthPrefix.LittleEndian32(4, WithHeader), "ab"));
        Assert.Equal("\0\0\0\0", Decoding.Encode(LengthPrefix.BigEndian32(4), ""));
        Assert.Equal("TooLarge", Decoding.Encode(LengthPrefix.BigEndian32(4), "abcde"));
    }

    [Fact]
    public void A_limit_must_be_one_that_the_header_can_announce()
    {
        Assert.Equal(255, LengthPrefix.Byte(255).MaxFrameBytes);
        Assert.Throws<ArgumentOutOfRangeException>(() => LengthPrefix.Byte(256));
        Assert.Throws<ArgumentOutOfRangeException>(() => LengthPrefix.Byte(255, WithHeader));
        Assert.Equal(65_533, LengthPrefix.BigEndian16(65_533, WithHeader).MaxFrameBytes);
        Assert.Throws<ArgumentOutOfRangeException>(() => LengthPrefix.BigEndian16(65_534, WithHeader));
        Assert.Equal(1 << 30, LengthPrefix.Varint(Codec.LargestFrameBytes).MaxFrameBytes);
        Assert.Throws<ArgumentOutOfRangeException>(() => LengthPrefix.Varint(Codec.LargestFrameBytes + 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => LengthPrefix.BigEndian32(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => LengthPrefix.BigEndian32(4).Streaming(15));
    }
}
