using System.Buffers.Binary;

namespace Longwire.Load.Protocols;

/// <summary>
/// The message that is fanned out: type, length, sequence number, due time, and a body that the number determines.
/// </summary>
/// <remarks>
/// <code>
/// +-----+-------------+-----------------------------------------+------------------------+---------------------+
/// | 'P' | length, 4 B | publisher, 2 B | number from 1 on, 6 B | due, 8 B (clock ticks) | body, length - 21 B |
/// +-----+-------------+-----------------------------------------+------------------------+---------------------+
/// </code>
/// The body of message n begins n bytes (modulo 251) into a fixed pattern of period 251, a prime: bytes of another
/// message, or of another place in the same one, do not pass for it. Or it is a piece of <see cref="StatusText"/>, from
/// one of 251 places on. The clock is the machine's monotonic one, so the
/// due time means the same to every process.
/// </remarks>
internal static class PushMessage
{
    internal const byte Type = (byte)'P';
    internal const int HeaderBytes = 21;
    internal const int MostPublishers = 1 << 15;

    private const int Period = 251;
    private const int NumberBits = 48;

    private static readonly byte[] s_pattern = MakePattern();

    internal static void Write(
        Span<byte> message, int publisher, long number, long due, MessageBody body = MessageBody.Pattern)
    {
        message[0] = Type;
        BinaryPrimitives.WriteInt32BigEndian(message[1..], message.Length);
        BinaryPrimitives.WriteInt64BigEndian(message[5..], ((long)publisher << NumberBits) | number);
        BinaryPrimitives.WriteInt64BigEndian(message[13..], due);
        Body(number, message.Length - HeaderBytes, body).CopyTo(message[HeaderBytes..]);
    }

    /// <summary>Reads the header; false when it is not what <see cref="Write"/> wrote.</summary>
    internal static bool TryReadHeader(ReadOnlySpan<byte> message, out Header header)
    {
        header = default;
        if (message.Length < HeaderBytes || message[0] != Type
            || BinaryPrimitives.ReadInt32BigEndian(message[1..]) != message.Length)
        {
            return false;
        }
        long sequence = BinaryPrimitives.ReadInt64BigEndian(message[5..]);
        header = new Header(
            (int)(sequence >> NumberBits), sequence & ((1L << NumberBits) - 1),
            BinaryPrimitives.ReadInt64BigEndian(message[13..]));
        return header.Publisher >= 0 && header.Number > 0;
    }

    /// <summary>Whether the body is the one that belongs to the number.</summary>
    internal static bool HasBody(
        ReadOnlySpan<byte> message, long number, MessageBody body = MessageBody.Pattern) =>
        message[HeaderBytes..].SequenceEqual(Body(number, message.Length - HeaderBytes, body));

    private static ReadOnlySpan<byte> Body(long number, int length, MessageBody body)
    {
        int place = (int)(number % Period);
        return body == MessageBody.Pattern ? s_pattern.AsSpan(place, length) : StatusText.At(place, length);
    }

    private static byte[] MakePattern()
    {
        byte[] pattern = new byte[ClientProtocol.MaxPayloadBytes + Period];
        for (int i = 0; i < pattern.Length; i++)
            pattern[i] = (byte)(i % Period);
        return pattern;
    }

    internal readonly record struct Header(int Publisher, long Number, long Due);
}
