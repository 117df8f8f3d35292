namespace Longwire.Load.Protocols;

/// <summary>Lines that come back (<c>samples/LineEcho</c>); a line of one byte is a probe.</summary>
internal sealed class LineProtocol : ClientProtocol
{
    private static readonly byte[] s_probe = "E\n"u8.ToArray();

    internal override string Name => "lines";

    internal override bool HasTopics => false;

    internal override bool HasEcho => true;

    internal override ReadOnlyMemory<byte> Probe => s_probe;

    internal override ReadOnlyMemory<byte> Greet(int number, bool subscribe) => s_probe;

    internal override int FrameBytes(int payloadBytes) => payloadBytes + 1;

    internal override Span<byte> WriteFrame(Span<byte> frame, int payloadBytes)
    {
        frame[payloadBytes] = (byte)'\n';
        return frame[..payloadBytes];
    }

    internal override Reply Decode(ReadOnlySpan<byte> input)
    {
        int end = input.IndexOf((byte)'\n');
        if (end < 0)
            return input.Length > MaxPayloadBytes ? Reply.Malformed(input) : Reply.NeedsLine;
        ReadOnlySpan<byte> line = input[..end];
        if (line.EndsWith("\r"u8))
            line = line[..^1];
        if (line.IsEmpty || line[0] != (byte)'E')
            return Reply.Malformed(input);
        return line.Length == 1 ? new Reply(ReplyKind.Ready, end + 1) : new Reply(ReplyKind.Echo, end + 1, line);
    }
}
