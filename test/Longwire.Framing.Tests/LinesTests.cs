namespace Longwire.Framing.Tests;

public sealed class LinesTests
{
    private static readonly Lines Reject = Lines.Utf8(maxBytes: 4);
    private static readonly Lines Skip = Lines.Utf8(maxBytes: 4, OversizedFrames.Skip);
    private static readonly Lines Strict = Lines.Utf8(maxBytes: 4, validation: Utf8Validation.Strict);

    [Theory]
    [InlineData("", "end")]
    [InlineData("ab\ncd\n", "[ab] [cd] end")]
    [InlineData("ab\r\ncd\n", "[ab] [cd] end")]
    [InlineData("\n\r\n\n", "[] [] [] end")]
    [InlineData("a\rb\n\r\r\n", "[a\rb] [\r] end")]
    [InlineData("hello\nab\n", "invalid:TooLarge")]
    [InlineData("ab\nabcdefgh", "[ab] invalid:TooLarge")]
    public void Both_endings_are_accepted_and_stripped(string stream, string expected) =>
        Decoding.Check(Reject, stream, expected);

    [Theory]
    [InlineData("abc\n", "[abc] end")]
    [InlineData("abcd\n", "[abcd] end")]
    [InlineData("abcd\r\n", "[abcd] end")]
    [InlineData("abc\r\r\n", "[abc\r] end")]
    [InlineData("abcde", "invalid:TooLarge")] // known before the line ends
    [InlineData("abcd\r", "invalid:Truncated")] // the CR may still belong to the ending
    [InlineData("abcd\r\r", "invalid:TooLarge")]
    [InlineData("abcd\re", "invalid:TooLarge")]
    public void The_limit_counts_the_payload(string stream, string expected) =>
        Decoding.Check(Reject, stream, expected);

    [Theory]
    [InlineData("abcde\nab\n", "skipped:TooLarge [ab] end")]
    [InlineData("abcdefghijklmn\r\n\nab\n", "skipped:TooLarge [] [ab] end")]
    [InlineData("abcde\nabcde\nx\n", "skipped:TooLarge skipped:TooLarge [x] end")]
    [InlineData("x\nabcdefgh", "[x] skipped:TooLarge invalid:Truncated")]
    public void A_skipped_line_is_reported_once_and_the_stream_goes_on(string stream, string expected)
    {
        Decoding.Check(Skip, stream, expected);
        Decoding.Check(Skip.Streaming(pieceBytes: 16), stream, expected);
    }

    [Theory]
    [InlineData("a", "invalid:Truncated")]
    [InlineData("ab\ncd", "[ab] invalid:Truncated")]
    [InlineData("\r", "invalid:Truncated")]
    public void An_end_inside_a_line_is_an_error(string stream, string expected)
    {
        Decoding.Check(Reject, stream, expected);
        Decoding.Check(Reject.Streaming(pieceBytes: 16), stream, expected);
    }

    [Theory]
    [InlineData("\u00C3\u00B6\n", "[\u00C3\u00B6] end")]
    [InlineData("ok\n\u00C3\n", "[ok] invalid:Malformed")]
    [InlineData("\u00FF\n", "invalid:Malformed")]
    public void Strict_lines_are_utf8(string stream, string expected) => Decoding.Check(Strict, stream, expected);

    [Fact]
    public void Utf8_is_not_checked_unless_asked_for() =>
        Decoding.Check(Reject, "\u00FF\u00C3\n", "[\u00FF\u00C3] end");

    [Theory]
    [InlineData("", "\n")]
    [InlineData("abcd", "abcd\n")]
    [InlineData("abcde", "TooLarge")]
    [InlineData("a\nb", "Malformed")]
    [InlineData("ab\r", "Malformed")]
    [InlineData("a\rb", "a\rb\n")]
    public void Encoding_gives_only_what_decodes_to_the_same(string payload, string expected) =>
        Assert.Equal(expected, Decoding.Encode(Reject, payload));

    [Fact]
    public void Encoding_writes_CRLF_on_request()
    {
        Lines codec = Lines.Utf8(maxBytes: 4, ending: LineEnding.CrLf);
        Assert.Equal("ab\r\n", Decoding.Encode(codec, "ab"));
        Assert.Equal("ab\r\r\n", Decoding.Encode(codec, "ab\r"));
    }

    [Fact]
    public void Strict_encoding_refuses_what_is_not_utf8() =>
        Assert.Equal("Malformed", Decoding.Encode(Strict, "\u00FF"));

    [Fact]
    public void Strict_lines_cannot_be_streamed() =>
        Assert.Throws<InvalidOperationException>(() => Strict.Streaming(pieceBytes: 16));
}
