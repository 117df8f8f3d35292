using System.Buffers;
using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;

namespace Longwire;

/// <summary>A PROXY header of version 1, a line of text: <c>PROXY TCP4 192.0.2.1 198.51.100.1 56324 443</c>.</summary>
/// <remarks>Everything is as strict as section 2.1 wants it: one space each, no leading zeros, no other form.</remarks>
internal static class ProxyLine
{
    private static readonly SearchValues<byte> s_ofV6 = SearchValues.Create("0123456789abcdefABCDEF:."u8);

    /// <summary>Reads a line without its end, from its known beginning; false when it is malformed.</summary>
    internal static bool TryParse(ReadOnlySpan<byte> line, out IPEndPoint? source)
    {
        source = null;
        ReadOnlySpan<byte> rest = line["PROXY ".Length..];
        ReadOnlySpan<byte> family = NextWord(ref rest);
        if (family.SequenceEqual("UNKNOWN"u8))
            return true; // whatever stands behind it
        bool isV6 = family.SequenceEqual("TCP6"u8);
        if (!isV6 && !family.SequenceEqual("TCP4"u8))
            return false;
        if (!TryParseAddress(NextWord(ref rest), isV6, out IPAddress? from)
            || !TryParseAddress(NextWord(ref rest), isV6, out _)
            || !TryParseNumber(NextWord(ref rest), ushort.MaxValue, out int port)
            || !TryParseNumber(rest, ushort.MaxValue, out _))
        {
            return false;
        }
        source = new IPEndPoint(from!, port);
        return true;
    }

    /// <summary>Up to the next space, which goes too; at the end all that is left.</summary>
    private static ReadOnlySpan<byte> NextWord(ref ReadOnlySpan<byte> rest)
    {
        int space = rest.IndexOf((byte)' ');
        ReadOnlySpan<byte> word = space < 0 ? rest : rest[..space];
        rest = space < 0 ? default : rest[(space + 1)..];
        return word;
    }

    private static bool TryParseAddress(ReadOnlySpan<byte> text, bool isV6, out IPAddress? address)
    {
        if (!isV6)
            return TryParseV4(text, out address);
        // The framework also takes brackets, prefixes and zones, which have other characters.
        address = null;
        return !text.ContainsAnyExcept(s_ofV6) && IPAddress.TryParse(text, out address)
            && address.AddressFamily == AddressFamily.InterNetworkV6;
    }

    /// <summary>Four numbers; the framework would also take fewer of them, octal and hexadecimal.</summary>
    private static bool TryParseV4(ReadOnlySpan<byte> text, out IPAddress? address)
    {
        address = null;
        Span<byte> bytes = stackalloc byte[4];
        for (int i = 0; i < bytes.Length; i++)
        {
            int dot = i < bytes.Length - 1 ? text.IndexOf((byte)'.') : text.Length;
            if (dot < 0 || !TryParseNumber(text[..dot], byte.MaxValue, out int value))
                return false;
            bytes[i] = (byte)value;
            text = text[Math.Min(dot + 1, text.Length)..];
        }
        address = new IPAddress(bytes);
        return true;
    }

    private static bool TryParseNumber(ReadOnlySpan<byte> text, int most, out int value) =>
        Utf8Parser.TryParse(text, out value, out int used) && used == text.Length && value <= most
        && char.IsAsciiDigit((char)text[0]) && (text[0] != '0' || text.Length == 1);
}
