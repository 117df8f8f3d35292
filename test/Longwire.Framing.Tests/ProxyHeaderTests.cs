using System.Text;
using Longwire.Fuzz;
using Longwire.Primitives;

namespace Longwire.Framing.Tests;

/// <summary>
/// PROXY headers of both versions, under every split; HAProxy's proxy-protocol.txt, sections 2.1 and 2.2.
/// </summary>
public sealed class ProxyHeaderTests
{
    private const string Binary = "\r\n\r\n\0\r\nQUIT\n";
    private const string V4 = "\u00C0\0\u0002\u0001\u00C6\u00336\u0001\u00DC\u0004\u0001\u00BB"; // 192.0.2.1:56324

    private static readonly string s_v6 = "\u0020\u0001\r\u00B8" + new string('\0', 11) + "\u0001"
        + new string('\0', 16) + "\u00DC\u0004\u0001\u00BB";

    public static TheoryData<string, string, string> Streams() => new()
    {
        { "TCP4", "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n", "[192.0.2.1:56324] end" },
        { "longest TCP4", "PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "[255.255.255.255:65535] end" },
        { "shortest TCP4", "PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n", "[0.0.0.0:0] end" },
        { "TCP6", "PROXY TCP6 2001:db8::1 ::1 56324 443\r\n", "[[2001:db8::1]:56324] end" },
        { "longest TCP6", $"PROXY TCP6 {Full} {Full} 65535 65535\r\n", $"[[{Full}]:65535] end" },
        { "mapped TCP6", "PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n", "[[::ffff:192.0.2.1]:1] end" },
        { "unknown", "PROXY UNKNOWN\r\n", "[-] end" },
        { "unknown, longest", $"PROXY UNKNOWN {Full} {Full} 65535 65535\r\n", "[-] end" },
        { "unknown, anything", "PROXY UNKNOWN \r \n TCP4\r\n", "[-] end" },
        { "107 bytes", "PROXY UNKNOWN " + new string('x', 91) + "\r\n", "[-] end" },
        { "108 bytes", "PROXY UNKNOWN " + new string('x', 92) + "\r\n", "invalid:TooLarge" },
        { "no end", "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r", "invalid:Truncated" },
        { "no CR", "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\n\r\n", "invalid:Malformed" },
        { "two spaces", "PROXY TCP4  192.0.2.1 198.51.100.1 56324 443\r\n", "invalid:Malformed" },
        { "a space behind", "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443 \r\n", "invalid:Malformed" },
        { "a word less", "PROXY TCP4 192.0.2.1 198.51.100.1 56324\r\n", "invalid:Malformed" },
        { "lower case", "PROXY tcp4 192.0.2.1 198.51.100.1 56324 443\r\n", "invalid:Malformed" },
        { "UDP4", "PROXY UDP4 192.0.2.1 198.51.100.1 56324 443\r\n", "invalid:Malformed" },
        { "unknown, glued", "PROXY UNKNOWNX\r\n", "invalid:Malformed" },
        { "leading zero", "PROXY TCP4 192.0.02.1 198.51.100.1 56324 443\r\n", "invalid:Malformed" },
        { "octet of 256", "PROXY TCP4 192.0.2.256 198.51.100.1 56324 443\r\n", "invalid:Malformed" },
        { "three octets", "PROXY TCP4 192.0.2 198.51.100.1 56324 443\r\n", "invalid:Malformed" },
        { "five octets", "PROXY TCP4 192.0.2.1.1 198.51.100.1 56324 443\r\n", "invalid:Malformed" },
        { "hexadecimal octet", "PROXY TCP4 0xC0.0.2.1 198.51.100.1 56324 443\r\n", "invalid:Malformed" },
        { "port with sign", "PROXY TCP4 192.0.2.1 198.51.100.1 +56324 443\r\n", "invalid:Malformed" },
        { "port of 65536", "PROXY TCP4 192.0.2.1 198.51.100.1 65536 443\r\n", "invalid:Malformed" },
        { "destination port with zero", "PROXY TCP4 192.0.2.1 198.51.100.1 1 0443\r\n", "invalid:Malformed" },
        { "V6 as TCP4", "PROXY TCP4 ::1 ::1 1 2\r\n", "invalid:Malformed" },
        { "V4 as TCP6", "PROXY TCP6 192.0.2.1 198.51.100.1 1 2\r\n", "invalid:Malformed" },
        { "zone", "PROXY TCP6 fe80::1%1 ::1 1 2\r\n", "invalid:Malformed" },
        { "brackets", "PROXY TCP6 [::1] ::1 1 2\r\n", "invalid:Malformed" },
        { "two gaps", "PROXY TCP6 1::2::3 ::1 1 2\r\n", "invalid:Malformed" },
        { "five digits", "PROXY TCP6 00001::1 ::1 1 2\r\n", "invalid:Malformed" },
        { "a gap for nothing", "PROXY TCP6 1:2:3:4:5:6:7:8:: ::1 1 2\r\n", "invalid:Malformed" },
        { "not the protocol", "GET / HTTP/1.1\r\n", "invalid:Malformed" },
        { "almost", "PROXX", "invalid:Malformed" },
        { "almost binary", "\r\n\r\n\0\r\nQUIX", "invalid:Malformed" },
        { "cut in the signature", "\r\n\r\n\0", "invalid:Truncated" },
        { "binary V4", $"{Binary}\u0021\u0011\0\u000C{V4}", "[192.0.2.1:56324] end" },
        { "binary V6", $"{Binary}\u0021\u0021\0\u0024{s_v6}", "[[2001:db8::1]:56324] end" },
        { "datagram", $"{Binary}\u0021\u0012\0\u000C{V4}", "[-] end" },
        { "Unix", $"{Binary}\u0021\u0031\0\u00D8{new string('u', 216)}", "[-] end" },
        { "unspecified", $"{Binary}\u0021\0\0\u0003abc", "[-] end" },
        { "local", $"{Binary}\u0020\0\0\0", "[-] end" },
        { "local, block ignored", $"{Binary}\u0020\u0011\0\u0003abc", "[-] end" },
        { "fields skipped", $"{Binary}\u0021\u0011\0\u0014{V4}\u0004\0\0\u0002\0\u0002ab", "[192.0.2.1:56324] end" },
        { "field cut off", $"{Binary}\u0021\u0011\0\u000E{V4}\u0004\0", "invalid:Malformed" },
        { "field too long", $"{Binary}\u0021\u0011\0\u000F{V4}\u0004\0\u0001", "invalid:Malformed" },
        { "checksum of two bytes", $"{Binary}\u0021\u0011\0\u0011{V4}\u0003\0\u0002ab", "invalid:Malformed" },
        { "wrong checksum", $"{Binary}\u0021\u0011\0\u0013{V4}\u0003\0\u0004abcd", "invalid:Malformed" },
        { "version 3", $"{Binary}\u0031\u0011\0\u000C{V4}", "invalid:Malformed" },
        { "command 2", $"{Binary}\u0022\u0011\0\u000C{V4}", "invalid:Malformed" },
        { "family 4", $"{Binary}\u0021\u0041\0\u000C{V4}", "invalid:Malformed" },
        { "transport 3", $"{Binary}\u0021\u0013\0\u000C{V4}", "invalid:Malformed" },
        { "too short for its family", $"{Binary}\u0021\u0021\0\u000C{V4}", "invalid:Malformed" },
        { "block cut off", $"{Binary}\u0021\u0011\0\u000C{V4[..11]}", "invalid:Truncated" },
        { "4,096 bytes", $"{Binary}\u0020\0\u000F\u00F0{new string('x', 4080)}", "[-] end" },
        { "4,097 bytes", $"{Binary}\u0020\0\u000F\u00F1", "invalid:TooLarge" },
    };

    private static string Full => "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";

    [Theory]
    [MemberData(nameof(Streams))]
    public void Headers_are_read_across_splits(string what, string stream, string expected)
    {
        Assert.NotEmpty(what);
        Decoding.Check(new ProxyCodec(), stream, expected);
    }

    [Fact]
    public void A_right_checksum_is_accepted()
    {
        byte[] header = Encoding.Latin1.GetBytes($"{Binary}\u0021\u0011\0\u0013{V4}\u0003\0\u0004\0\0\0\0");
        Convert.FromHexString(NaiveProxy.Crc32C(header).ToString("X8")).CopyTo(header, header.Length - 4);
        Decoding.Check(new ProxyCodec(), Encoding.Latin1.GetString(header), "[192.0.2.1:56324] end");
    }

    /// <summary>What a reader relies on that must not read beyond the header.</summary>
    [Theory]
    [MemberData(nameof(Streams))]
    public void Reading_what_is_missing_never_reads_beyond_the_header(string what, string stream, string expected)
    {
        Assert.NotEmpty(what);
        if (expected.Contains("Truncated", StringComparison.Ordinal))
            return; // with more bytes it is another header
        byte[] bytes = [.. Encoding.Latin1.GetBytes(stream), .. "the client's own bytes"u8];
        SlabPool pool = Decoding.NewPool();
        using var decoder = new ProxyHeaderDecoder(pool);
        int at = 0;
        DecodeStatus status;
        do
        {
            int take = Math.Min(decoder.Missing, bytes.Length - at);
            Assert.NotEqual(0, take);
            ReadOnlySpan<byte> input = bytes.AsSpan(at, take);
            at += take;
            status = decoder.Decode(ref input, out _);
            Assert.True(status == DecodeStatus.Invalid || input.IsEmpty);
        }
        while (status == DecodeStatus.NeedMore && at < bytes.Length);
        if (status == DecodeStatus.Frame)
            Assert.Equal(stream.Length, at);
        else
            Assert.Contains("invalid", expected, StringComparison.Ordinal);
    }

    [Fact]
    public void A_header_that_finds_no_buffer_is_refused()
    {
        var pool = new SlabPool(new SlabPoolOptions { CeilingBytes = 1 << 20 });
        var taken = new List<Lease>();
        while (pool.TryRent(128, LeaseOwner.Message, out Lease? lease))
            taken.Add(lease);
        using var decoder = new ProxyHeaderDecoder(pool);
        ReadOnlySpan<byte> input = "PROXY "u8;
        Assert.Equal(DecodeStatus.Invalid, decoder.Decode(ref input, out _));
        Assert.Equal(FrameError.OutOfMemory, decoder.Error);
        taken.ForEach(static lease => lease.Return());
    }
}
