using System.Buffers.Binary;

namespace Longwire.Load;

/// <summary>
/// The message that is fanned out: type, length, sequence number, due time, and a body that the number determines.
/// </summary>
/// <remarks>
/// <code>
/// +-----+-------------+---------------+------------------------+---------------------+
/// | 'P' | length, 4 B | sequence, 8 B | due, 8 B (clock ticks) | body, length - 21 B |
/// +-----+-------------+---------------+------------------------+---------------------+
/// </code>
/// The body of message n begins n bytes (modulo 251) into a fixed pattern of period 251, a prime: bytes of another
/// message, or of another place in the same one, do not pass for it.
/// </remarks>
internal static class PushMessage
{
    internal const byte Type = (byte)'P';
    internal const int HeaderBytes = 21;
    internal const int MaxBytes = 1 << 20;

    private const int Period = 251;

    private static readonly byte[] s_pattern = MakePattern();

    internal static void Write(Span<byte> message, long sequence, long due)
    {
        message[0] = Type;
        BinaryPrimitives.WriteInt32BigEndian(message[1..], message.Length);
        BinaryPrimitives.WriteInt64BigEndian(message[5..], sequence);
        BinaryPrimitives.WriteInt64BigEndian(message[13..], due);
        Body(sequence, message.Length - HeaderBytes).CopyTo(message[HeaderBytes..]);
    }

    /// <summary>Reads a message; false when it is not what <see cref="Write"/> wrote.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> message, out long sequence, out long due)
    {
        sequence = due = 0;
        if (message.Length < HeaderBytes || message[0] != Type
            || BinaryPrimitives.ReadInt32BigEndian(message[1..]) != message.Length)
        {
            return false;
        }
        sequence = BinaryPrimitives.ReadInt64BigEndian(message[5..]);
        due = BinaryPrimitives.ReadInt64BigEndian(message[13..]);
        return sequence > 0 && message[HeaderBytes..].SequenceEqual(Body(sequence, message.Length - HeaderBytes));
    }

    private static ReadOnlySpan<byte> Body(long sequence, int length) =>
        s_pattern.AsSpan((int)(sequence % Period), length);

    private static byte[] MakePattern()
    {
        byte[] pattern = new byte[MaxBytes + Period];
        for (int i = 0; i < pattern.Length; i++)
            pattern[i] = (byte)(i % Period);
        return pattern;
    }
}
