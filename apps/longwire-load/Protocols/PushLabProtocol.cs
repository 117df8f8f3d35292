using System.Buffers.Binary;

namespace Longwire.Load.Protocols;

/// <summary>
/// The benchmark's own protocol (<c>samples/PushLab</c>): 4 bytes of length, big-endian, then the payload, whose first
/// byte says what it is: S subscribes and comes back, P is published, E comes back.
/// </summary>
internal sealed class PushLabProtocol : ClientProtocol
{
    private const int HeaderBytes = sizeof(int);

    private static readonly byte[] s_subscribe = [0, 0, 0, 1, (byte)'S'];
    private static readonly byte[] s_probe = [0, 0, 0, 1, (byte)'E'];

    internal override string Name => "pushlab";

    internal override bool HasEcho => true;

    internal override ReadOnlyMemory<byte> Probe => s_probe;

    internal override ReadOnlyMemory<byte> Greet(int number, bool subscribe) => subscribe ? s_subscribe : s_probe;

    internal override int FrameBytes(int payloadBytes) => HeaderBytes + payloadBytes;

    internal override Span<byte> WriteFrame(Span<byte> frame, int payloadBytes)
    {
        BinaryPrimitives.WriteInt32BigEndian(frame, payloadBytes);
        return frame[HeaderBytes..];
    }

    internal override Reply Decode(ReadOnlySpan<byte> input)
    {
        if (input.Length < HeaderBytes)
            return Reply.Needs(HeaderBytes);
        uint length = BinaryPrimitives.ReadUInt32BigEndian(input);
        if (length is 0 or > MaxPayloadBytes)
            return Reply.Malformed(input);
        int bytes = HeaderBytes + (int)length;
        if (input.Length < bytes)
            return Reply.Needs(bytes);
        ReadOnlySpan<byte> payload = input[HeaderBytes..bytes];
        return (char)payload[0] switch
        {
            'P' => new Reply(ReplyKind.Message, bytes, payload),
            'E' when length > 1 => new Reply(ReplyKind.Echo, bytes, payload),
            'E' or 'S' when length == 1 => new Reply(ReplyKind.Ready, bytes),
            _ => Reply.Malformed(input),
        };
    }
}
