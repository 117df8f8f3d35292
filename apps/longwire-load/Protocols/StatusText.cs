using System.Globalization;
using System.Text;

namespace Longwire.Load.Protocols;

/// <summary>What a message's body is.</summary>
internal enum MessageBody
{
    /// <summary>Bytes of a period, quick to compare.</summary>
    Pattern,

    /// <summary>A server's status as JSON, which compresses as such data does.</summary>
    Status,
}

/// <summary>
/// Status records of many hosts, one line of JSON each, as the service publishes them; the same in every process.
/// </summary>
internal static class StatusText
{
    private const int Places = 251;
    private const int Stride = 4_099; // between two messages' places: up to that size they have no byte in common
    private const int Hosts = 40;

    private static readonly Lazy<byte[]> s_text = new(Make);

    /// <summary>The piece from one of 251 places on.</summary>
    internal static ReadOnlySpan<byte> At(int place, int length) => s_text.Value.AsSpan(place * Stride, length);

    private static byte[] Make()
    {
        int bytes = ClientProtocol.MaxPayloadBytes + Places * Stride;
        var text = new StringBuilder(bytes + 1024);
        var random = new Random(1);
        var time = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        for (int record = 0; text.Length < bytes; record++)
        {
            time = time.AddMilliseconds(random.Next(1, 50));
            double user = random.NextDouble() * 60;
            text.Append(CultureInfo.InvariantCulture, $$"""
                {"host":"node-{{record % Hosts:00}}","time":"{{time:yyyy-MM-dd'T'HH:mm:ss.fff'Z'}}",
                """).Append(CultureInfo.InvariantCulture, $$"""
                "cpu":{"user":{{user:0.0}},"system":{{user / 5:0.0}},"cores":{{4 << record % 3}}},
                """).Append(CultureInfo.InvariantCulture, $$"""
                "memory":{"totalBytes":{{8L << 30}},"availableBytes":{{random.NextInt64(8L << 30)}}},
                """).Append(CultureInfo.InvariantCulture, $$"""
                "disk":{"readBytes":{{random.NextInt64(1L << 40)}},"writtenBytes":{{random.NextInt64(1L << 40)}}},
                """).Append(CultureInfo.InvariantCulture, $$"""
                "net":{"receivedBytes":{{random.NextInt64(1L << 40)}},"sentBytes":{{random.NextInt64(1L << 40)}}
                """).Append("}}\n");
        }
        return Encoding.ASCII.GetBytes(text.ToString());
    }
}
