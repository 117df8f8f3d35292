namespace Longwire.Load.Protocols;

/// <summary>The Redis protocol (RESP2): PUBLISH, SUBSCRIBE and their replies.</summary>
internal sealed class RespProtocol : ClientProtocol
{
    private static readonly byte[] s_subscribe = "*2\r\n$9\r\nSUBSCRIBE\r\n$1\r\nb\r\n"u8.ToArray();
    private static readonly byte[] s_ping = "*1\r\n$4\r\nPING\r\n"u8.ToArray();

    internal override string Name => "resp";

    internal override ReadOnlyMemory<byte> Probe => s_ping;

    private static ReadOnlySpan<byte> PublishPrefix => "*3\r\n$7\r\nPUBLISH\r\n$1\r\nb\r\n$"u8;

    private static ReadOnlySpan<byte> MessagePrefix => "*3\r\n$7\r\nmessage\r\n$1\r\nb\r\n$"u8;

    private static ReadOnlySpan<byte> Subscribed => "*3\r\n$9\r\nsubscribe\r\n$1\r\nb\r\n:1\r\n"u8;

    internal override ReadOnlyMemory<byte> Greet(int number, bool subscribe) => subscribe ? s_subscribe : s_ping;

    internal override int FrameBytes(int payloadBytes) =>
        TextLine.MessageBytes(PublishPrefix, payloadBytes);

    internal override Span<byte> WriteFrame(Span<byte> frame, int payloadBytes) =>
        TextLine.WriteMessage(frame, PublishPrefix, payloadBytes);

    internal override Reply Decode(ReadOnlySpan<byte> input)
    {
        if (input.StartsWith(MessagePrefix))
            return TextLine.Message(input, MessagePrefix);
        if (input[0] == '*')
            return Array(input);
        int line = input.IndexOf((byte)'\n') + 1;
        if (line == 0)
            return Reply.NeedsLine;
        return (char)input[0] switch
        {
            ':' => new Reply(ReplyKind.Other, line), // how many got what was published
            '+' when input[..line].SequenceEqual("+PONG\r\n"u8) => new Reply(ReplyKind.Ready, line),
            _ => Reply.Malformed(input), // '-' says why not
        };
    }

    private static Reply Array(ReadOnlySpan<byte> input)
    {
        if (input.StartsWith(Subscribed))
            return new Reply(ReplyKind.Ready, Subscribed.Length);
        return Subscribed.StartsWith(input) || MessagePrefix.StartsWith(input)
            ? Reply.NeedsLine
            : Reply.Malformed(input);
    }
}
