namespace Longwire.Load.Protocols;

/// <summary>The text protocol of NATS clients: CONNECT, SUB, PUB, MSG, PING, PONG.</summary>
internal sealed class NatsProtocol : ClientProtocol
{
    private static readonly byte[] s_connect =
        "CONNECT {\"verbose\":false,\"pedantic\":false,\"lang\":\"cs\",\"version\":\"1\"}\r\nPING\r\n"u8.ToArray();

    private static readonly byte[] s_subscribe =
        [.. s_connect.AsSpan(0, s_connect.Length - "PING\r\n".Length), .. "SUB b 1\r\nPING\r\n"u8];

    private static readonly byte[] s_ping = "PING\r\n"u8.ToArray();
    private static readonly byte[] s_pong = "PONG\r\n"u8.ToArray();

    internal override string Name => "nats";

    internal override ReadOnlyMemory<byte> Probe => s_ping;

    internal override ReadOnlyMemory<byte> Pong => s_pong;

    private static ReadOnlySpan<byte> PublishPrefix => "PUB b "u8;

    private static ReadOnlySpan<byte> MessagePrefix => "MSG b 1 "u8;

    internal override ReadOnlyMemory<byte> Greet(int number, bool subscribe) => subscribe ? s_subscribe : s_connect;

    internal override int FrameBytes(int payloadBytes) =>
        TextLine.MessageBytes(PublishPrefix, payloadBytes);

    internal override Span<byte> WriteFrame(Span<byte> frame, int payloadBytes) =>
        TextLine.WriteMessage(frame, PublishPrefix, payloadBytes);

    internal override Reply Decode(ReadOnlySpan<byte> input)
    {
        if (input.StartsWith(MessagePrefix))
            return TextLine.Message(input, MessagePrefix);
        int end = input.IndexOf((byte)'\n') + 1;
        if (end == 0)
            return input.Length > MaxPayloadBytes ? Reply.Malformed(input) : Reply.NeedsLine;
        ReadOnlySpan<byte> line = input[..end];
        if (line.SequenceEqual(s_pong))
            return new Reply(ReplyKind.Ready, end);
        if (line.SequenceEqual(s_ping))
            return new Reply(ReplyKind.Ping, end);
        return line.StartsWith("INFO "u8) || line.StartsWith("+OK"u8)
            ? new Reply(ReplyKind.Other, end)
            : Reply.Malformed(input); // -ERR says why not
    }
}
