using System.Text;

namespace Longwire.Framing.Tests;

public sealed class DelimitedTests
{
    private static Delimited By(string delimiter, OversizedFrames oversized = OversizedFrames.Reject) =>
        Delimited.By(Encoding.Latin1.GetBytes(delimiter), maxBytes: 6, oversized);

    [Theory]
    [InlineData("|", "ab||c|", "[ab] [] [c] end")]
    [InlineData("aab", "xaaab", "[xa] end")] // "aa" + "a" leaves "aa", not nothing
    [InlineData("aab", "aaaabaab", "[aa] [] end")]
    [InlineData("aab", "xaabyaa", "[x] invalid:Truncated")]
    [InlineData("abababac", "ababababac", "[ab] end")]
    [InlineData("abac", "abababac", "[abab] end")]
    [InlineData("aa", "aaa", "[] invalid:Truncated")] // cut without overlap
    [InlineData("\r\n.\r\n", "a\r\n.\n\r\n.\r\n", "[a\r\n.\n] end")]
    [InlineData("aabaabaabaabaaba", "aabaabaabaabaabaxaabaabaabaabaaba", "[] [x] end")] // 16 bytes
    [InlineData("aabaabaabaabaaba", "aabaabaabaabaabaabaaba", "[] invalid:Truncated")]
    public void Delimiters_are_found_across_splits(string delimiter, string stream, string expected)
    {
        Decoding.Check(By(delimiter), stream, expected);
        Decoding.Check(By(delimiter).Streaming(pieceBytes: 16), stream, expected);
    }

    [Theory]
    [InlineData("12345--", "[12345] end")]
    [InlineData("123456--", "[123456] end")]
    [InlineData("1234567--", "invalid:TooLarge")]
    [InlineData("123456-", "invalid:Truncated")]
    [InlineData("123456-x", "invalid:TooLarge")]
    [InlineData("123456x", "invalid:TooLarge")]
    public void The_limit_counts_the_payload(string stream, string expected)
    {
        Decoding.Check(By("--"), stream, expected);
        Decoding.Check(By("--").Streaming(pieceBytes: 16), stream, expected);
    }

    [Theory]
    [InlineData("1234567--ab--", "skipped:TooLarge [ab] end")]
    [InlineData("1234567-x----ab--", "skipped:TooLarge [] [ab] end")]
    [InlineData("12345678901234567890-", "skipped:TooLarge invalid:Truncated")]
    public void A_skipped_frame_is_reported_once_and_the_stream_goes_on(string stream, string expected)
    {
        Decoding.Check(By("--", OversizedFrames.Skip), stream, expected);
        Decoding.Check(By("--", OversizedFrames.Skip).Streaming(pieceBytes: 16), stream, expected);
    }

    [Theory]
    [InlineData("--", "ab", "ab--")]
    [InlineData("--", "", "--")]
    [InlineData("--", "a-b", "a-b--")]
    [InlineData("--", "a--b", "Malformed")]
    [InlineData("--", "ab-", "Malformed")] // "ab---" would be cut after "ab"
    [InlineData("aab", "xa", "xaaab")]
    [InlineData("aba", "xab", "Malformed")] // "xababa"
    [InlineData("--", "1234567", "TooLarge")]
    public void Encoding_gives_only_what_decodes_to_the_same(string delimiter, string payload, string expected) =>
        Assert.Equal(expected, Decoding.Encode(By(delimiter), payload));

    [Theory]
    [InlineData(0)]
    [InlineData(17)]
    public void A_delimiter_has_1_to_16_bytes(int bytes) =>
        Assert.Throws<ArgumentException>(() => Delimited.By(new byte[bytes], maxBytes: 1));
}
