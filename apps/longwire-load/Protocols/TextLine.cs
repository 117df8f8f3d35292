using System.Buffers.Text;

namespace Longwire.Load.Protocols;

/// <summary>The lines of the text protocols: what RESP and NATS begin their replies with.</summary>
internal static class TextLine
{
    internal static ReadOnlySpan<byte> End => "\r\n"u8;

    /// <summary>Decimal digits of a number.</summary>
    private static int Digits(int number)
    {
        int digits = 1;
        for (; number >= 10; number /= 10)
            digits++;
        return digits;
    }

    /// <summary>
    /// A reply that begins with <paramref name="prefix"/>, the payload's length and a line end, then the payload and
    /// a further line end.
    /// </summary>
    internal static Reply Message(ReadOnlySpan<byte> input, ReadOnlySpan<byte> prefix)
    {
        ReadOnlySpan<byte> rest = input[prefix.Length..];
        int line = rest.IndexOf((byte)'\n');
        if (line < 0)
            return Reply.NeedsLine;
        if (!Utf8Parser.TryParse(rest, out int length, out int digits) || digits != line - 1 || rest[digits] != '\r'
            || length is < 0 or > ClientProtocol.MaxPayloadBytes)
        {
            return Reply.Malformed(input);
        }
        int header = prefix.Length + line + 1;
        int bytes = header + length + End.Length;
        if (input.Length < bytes)
            return Reply.Needs(bytes);
        return input[(bytes - End.Length)..bytes].SequenceEqual(End)
            ? new Reply(ReplyKind.Message, bytes, input.Slice(header, length))
            : Reply.Malformed(input);
    }

    /// <summary>Bytes of what <see cref="WriteMessage"/> writes, with the payload.</summary>
    internal static int MessageBytes(ReadOnlySpan<byte> prefix, int payloadBytes) =>
        prefix.Length + Digits(payloadBytes) + payloadBytes + 2 * End.Length;

    /// <summary>Writes what <see cref="Message"/> reads, but for the payload, whose place is returned.</summary>
    internal static Span<byte> WriteMessage(Span<byte> frame, ReadOnlySpan<byte> prefix, int payloadBytes)
    {
        prefix.CopyTo(frame);
        Utf8Formatter.TryFormat(payloadBytes, frame[prefix.Length..], out int digits);
        int header = prefix.Length + digits;
        End.CopyTo(frame[header..]);
        End.CopyTo(frame[(header + End.Length + payloadBytes)..]);
        return frame.Slice(header + End.Length, payloadBytes);
    }
}
