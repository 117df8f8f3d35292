using System.Buffers.Text;

namespace Longwire.Load.Protocols;

/// <summary>
/// The request that comes back: <c>E</c>, the connection and the number in hexadecimal digits, and a body. All of it is
/// text, so that lines carry it too.
/// </summary>
internal static class EchoRequest
{
    internal const int HeaderBytes = 1 + 2 * Digits;

    private const int Digits = 8;
    private const int Period = 26;

    private static readonly System.Buffers.StandardFormat s_hex = new('X', Digits);

    /// <summary>Writes what stays the same in every request of a connection.</summary>
    internal static void Begin(Span<byte> payload, int connection)
    {
        payload[0] = (byte)'E';
        Utf8Formatter.TryFormat((uint)connection, payload[1..], out _, s_hex);
        for (int i = HeaderBytes; i < payload.Length; i++)
            payload[i] = (byte)('a' + (i + connection) % Period);
    }

    internal static void Number(Span<byte> payload, uint number) =>
        Utf8Formatter.TryFormat(number, payload[(1 + Digits)..], out _, s_hex);
}
