using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace Longwire.Fuzz;

/// <summary>The reference for PROXY headers: sees the whole stream, and shares no code with the real decoder.</summary>
internal static partial class NaiveProxy
{
    private const string Signature = "\r\n\r\n\0\r\nQUIT\n";

    internal static List<Outcome> Decode(byte[] stream)
    {
        var outcomes = new List<Outcome>();
        string text = Encoding.Latin1.GetString(stream);
        while (text.Length > 0)
        {
            string begins = text[0] == 'P' ? "PROXY " : Signature;
            int known = Math.Min(begins.Length, text.Length);
            if (!string.Equals(text[..known], begins[..known], StringComparison.Ordinal))
                return [.. outcomes, Outcome.Invalid(FrameError.Malformed)];
            FrameError error = text[0] == 'P' ? Line(text, out int length, out string? source)
                : Block(text, out length, out source);
            if (error != FrameError.None)
                return [.. outcomes, Outcome.Invalid(error)];
            outcomes.Add(Outcome.Frame(Encoding.ASCII.GetBytes(source!)));
            text = text[length..];
        }
        return outcomes;
    }

    /// <summary>Where the first checksum field's value stands; 0 when there is none.</summary>
    internal static int FindChecksum(byte[] block)
    {
        int at = 16 + AddressBytes(block[12], block[13]);
        if (at == 16)
            return 0;
        for (; at + 3 <= block.Length; at += 3 + (block[at + 1] * 256) + block[at + 2])
        {
            if (block[at] == 3)
                return at + 3;
        }
        return 0;
    }

    /// <summary>Bit by bit.</summary>
    internal static uint Crc32C(byte[] bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte next in bytes)
        {
            crc ^= next;
            for (int i = 0; i < 8; i++)
                crc = (crc & 1) == 0 ? crc >> 1 : (crc >> 1) ^ 0x82F63B78;
        }
        return ~crc;
    }

    private static FrameError Line(string text, out int length, out string? source)
    {
        source = null;
        int end = text.IndexOf("\r\n", StringComparison.Ordinal);
        length = end + 2;
        if (end < 0 || length > 107)
            return text.Length >= 107 ? FrameError.TooLarge : FrameError.Truncated;
        string line = text[..end];
        if (line == "PROXY UNKNOWN" || line.StartsWith("PROXY UNKNOWN ", StringComparison.Ordinal))
        {
            source = "-";
            return FrameError.None;
        }
        Match match = Words().Match(line);
        if (!match.Success)
            return FrameError.Malformed;
        bool isV6 = match.Groups["v"].Value == "6";
        byte[]? from = isV6 ? V6(match.Groups["from"].Value) : V4(match.Groups["from"].Value);
        byte[]? to = isV6 ? V6(match.Groups["to"].Value) : V4(match.Groups["to"].Value);
        int? port = Number(match.Groups["port"].Value, 65_535);
        if (from is null || to is null || port is null || Number(match.Groups["toPort"].Value, 65_535) is null)
            return FrameError.Malformed;
        source = new IPEndPoint(new IPAddress(from), port.Value).ToString();
        return FrameError.None;
    }

    private static FrameError Block(string text, out int length, out string? source)
    {
        source = null;
        length = 0;
        if (text.Length < 16)
            return FrameError.Truncated;
        int command = text[12];
        int family = text[13];
        if (command is not (0x20 or 0x21) || (command == 0x21 && (family >= 0x40 || family % 16 > 2)))
            return FrameError.Malformed;
        length = 16 + (text[14] * 256) + text[15];
        if (length > 4096)
            return FrameError.TooLarge;
        int addresses = AddressBytes(command, family);
        if (length < 16 + addresses)
            return FrameError.Malformed;
        if (text.Length < length)
            return FrameError.Truncated;
        byte[] block = Encoding.Latin1.GetBytes(text[..length]);
        if (addresses > 0 && !FieldsAreRight(block, 16 + addresses))
            return FrameError.Malformed;
        source = family switch
        {
            0x11 when command == 0x21 => new IPEndPoint(new IPAddress(block[16..20]), Port(block, 24)).ToString(),
            0x21 when command == 0x21 => new IPEndPoint(new IPAddress(block[16..32]), Port(block, 48)).ToString(),
            _ => "-",
        };
        return FrameError.None;
    }

    private static bool FieldsAreRight(byte[] block, int at)
    {
        while (at < block.Length)
        {
            if (at + 3 > block.Length)
                return false;
            int next = at + 3 + (block[at + 1] * 256) + block[at + 2];
            if (next > block.Length)
                return false;
            if (block[at] == 3)
            {
                if (next != at + 7)
                    return false;
                byte[] zeroed = [.. block[..(at + 3)], 0, 0, 0, 0, .. block[next..]];
                if (!Convert.ToHexString(block[(at + 3)..next])
                        .Equals(Crc32C(zeroed).ToString("X8", CultureInfo.InvariantCulture), StringComparison.Ordinal))
                    return false;
            }
            at = next;
        }
        return true;
    }

    private static int AddressBytes(int command, int family) =>
        command == 0x20 || family % 16 == 0 ? 0 : (family / 16) switch { 1 => 12, 2 => 36, 3 => 216, _ => 0 };

    private static int Port(byte[] block, int at) => (block[at] * 256) + block[at + 1];

    private static byte[]? V4(string text)
    {
        int?[] numbers = [.. text.Split('.').Select(static part => Number(part, 255))];
        return numbers.Length != 4 || numbers.Contains(null) ? null : [.. numbers.Select(static n => (byte)n!.Value)];
    }

    /// <summary>The written groups, with zeros where a double colon stands.</summary>
    private static byte[]? V6(string text)
    {
        int gap = text.IndexOf("::", StringComparison.Ordinal);
        if (gap < 0)
            return Groups(text) is { Count: 16 } all ? [.. all] : null;
        List<byte>? left = gap == 0 ? [] : Groups(text[..gap], isWhole: false);
        List<byte>? right = gap + 2 == text.Length ? [] : Groups(text[(gap + 2)..]);
        return left is null || right is null || left.Count + right.Count > 14
            ? null : [.. left, .. new byte[16 - left.Count - right.Count], .. right];
    }

    private static List<byte>? Groups(string text, bool isWhole = true)
    {
        var bytes = new List<byte>();
        string[] parts = text.Split(':');
        for (int i = 0; i < parts.Length; i++)
        {
            if (isWhole && i == parts.Length - 1 && parts[i].Contains('.', StringComparison.Ordinal))
            {
                if (V4(parts[i]) is not { } four)
                    return null;
                bytes.AddRange(four);
            }
            else if (Hex().IsMatch(parts[i]))
            {
                int group = int.Parse(parts[i], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                bytes.AddRange([(byte)(group / 256), (byte)group]);
            }
            else
            {
                return null;
            }
        }
        return bytes;
    }

    private static int? Number(string text, int most) =>
        Digits().IsMatch(text) && int.Parse(text, CultureInfo.InvariantCulture) is int value && value <= most
            ? value : null;

    [GeneratedRegex(@"\APROXY TCP(?<v>[46]) (?<from>[^ ]+) (?<to>[^ ]+) (?<port>[^ ]+) (?<toPort>[^ ]+)\z",
        RegexOptions.Singleline)]
    private static partial Regex Words();

    [GeneratedRegex(@"\A(0|[1-9][0-9]{0,4})\z")]
    private static partial Regex Digits();

    [GeneratedRegex(@"\A[0-9a-fA-F]{1,4}\z")]
    private static partial Regex Hex();
}
