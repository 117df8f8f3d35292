namespace Longwire.Framing.Tests;

public sealed class FixedSizeTests
{
    private static readonly FixedSize Codec = FixedSize.Bytes(3);

    [Theory]
    [InlineData("", "end")]
    [InlineData("ab", "invalid:Truncated")]
    [InlineData("abc", "[abc] end")]
    [InlineData("abcd", "[abc] invalid:Truncated")]
    [InlineData("abcdefghi", "[abc] [def] [ghi] end")]
    public void Every_frame_has_the_size(string stream, string expected) => Decoding.Check(Codec, stream, expected);

    [Theory]
    [InlineData("ab", "Malformed")]
    [InlineData("abc", "abc")]
    [InlineData("abcd", "TooLarge")]
    public void Only_the_size_can_be_encoded(string payload, string expected) =>
        Assert.Equal(expected, Decoding.Encode(Codec, payload));

    [Fact]
    public void The_size_is_at_least_one() => Assert.Throws<ArgumentOutOfRangeException>(() => FixedSize.Bytes(0));
}
