using System.Text;

namespace Longwire.Load.Protocols;

/// <summary>MQTT 3.1.1 (OASIS standard, 2014), QoS 0, as far as a client needs it to publish and subscribe.</summary>
/// <remarks>A client may send SUBSCRIBE or PINGREQ without waiting for CONNACK (section 3.1.4).</remarks>
internal sealed class MqttProtocol : ClientProtocol
{
    private const int TopicBytes = 2 + 1; // its length, and the one letter of the topic
    private const int MostLengthBytes = 4; // section 2.2.3

    private static readonly byte[] s_topic = [0, (byte)Topic.Length, (byte)Topic[0]];
    private static readonly byte[] s_ping = [0xC0, 0];
    private static readonly byte[] s_subscribe =
        [0x82, 2 + TopicBytes + 1, 0, 1, .. s_topic, 0];

    internal override string Name => "mqtt";

    internal override ReadOnlyMemory<byte> Probe => s_ping;

    internal override ReadOnlyMemory<byte> Greet(int number, bool subscribe)
    {
        byte[] client = Encoding.ASCII.GetBytes($"lw{Environment.ProcessId}-{number}");
        return (byte[])
        [
            0x10, (byte)(12 + client.Length), 0, 4, .. "MQTT"u8, 4,
            0x02, 0, 0, // a clean session, no keep-alive
            0, (byte)client.Length, .. client, .. subscribe ? s_subscribe : s_ping,
        ];
    }

    internal override int FrameBytes(int payloadBytes) => HeaderBytes(payloadBytes) + payloadBytes;

    internal override Span<byte> WriteFrame(Span<byte> frame, int payloadBytes)
    {
        int at = 0;
        frame[at++] = 0x30;
        for (int rest = TopicBytes + payloadBytes; ; rest >>= 7)
        {
            frame[at++] = (byte)(rest > 0x7F ? rest | 0x80 : rest);
            if (rest <= 0x7F)
                break;
        }
        s_topic.CopyTo(frame[at..]);
        return frame[(at + TopicBytes)..];
    }

    internal override Reply Decode(ReadOnlySpan<byte> input)
    {
        if (!TryReadLength(input, out int header, out int length))
            return header > MostLengthBytes ? Reply.Malformed(input) : Reply.Needs(header + 1);
        if (length > MaxPayloadBytes + TopicBytes)
            return Reply.Malformed(input);
        int bytes = header + length;
        if (input.Length < bytes)
            return Reply.Needs(bytes);
        ReadOnlySpan<byte> body = input[header..bytes];
        return (input[0], length) switch
        {
            (0x20, 2) when body[1] == 0 => new Reply(ReplyKind.Other, bytes), // CONNACK
            (0x90, 3) when body[2] == 0 => new Reply(ReplyKind.Ready, bytes), // SUBACK, granted QoS 0
            (0xD0, 0) => new Reply(ReplyKind.Ready, bytes), // PINGRESP
            (0x30, >= TopicBytes) when body.StartsWith(s_topic)
                => new Reply(ReplyKind.Message, bytes, body[TopicBytes..]), // PUBLISH
            _ => Reply.Malformed(input),
        };
    }

    private static int HeaderBytes(int payloadBytes)
    {
        int bytes = 2;
        for (int rest = TopicBytes + payloadBytes; rest > 0x7F; rest >>= 7)
            bytes++;
        return bytes + TopicBytes;
    }

    /// <summary>Reads the fixed header; false when it is incomplete or longer than it may be.</summary>
    private static bool TryReadLength(ReadOnlySpan<byte> input, out int header, out int length)
    {
        length = 0;
        header = 1;
        while (header < input.Length && header <= MostLengthBytes)
        {
            byte next = input[header];
            length |= (next & 0x7F) << (7 * (header - 1));
            header++;
            if (next < 0x80)
                return true;
        }
        return false;
    }
}
