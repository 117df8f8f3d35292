using System.Globalization;
using System.IO.Compression;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.RegularExpressions;

namespace Longwire.ServerTests;

/// <summary>The table of docs/guides/compression.md is what recorded status messages compress to.</summary>
public sealed partial class DeflateTableTests
{
    private const int Points = 3; // zlib's output differs between processors

    private static readonly CompressionLevel[] s_levels =
        [CompressionLevel.NoCompression, CompressionLevel.Fastest, CompressionLevel.Optimal];

    [Fact]
    public void The_table_is_what_recorded_messages_compress_to()
    {
        string[] lines = File.ReadAllLines(Beside("host-status.txt"));
        var rows = new List<(string Topic, int[] Figures)>();
        foreach (IGrouping<string, string> topic in lines.GroupBy(static line => line.Split(' ')[0]))
        {
            if (topic.Count() >= 10)
                rows.Add(($"`{topic.Key}`", Measure([.. topic.Select(static line => line.Split(' ', 2)[1])])));
        }
        string[] together = [.. lines.Chunk(8).Select(static all => string.Join('\n', all))];
        rows.Add(("all of a second in one message", Measure(together)));
        rows.Add(("64 of them in one message", Measure([string.Join('\n', lines[..64])])));
        string measured = string.Join('\n', rows.Select(static row => Format(row.Topic, row.Figures)));
        MatchCollection documented = Row().Matches(File.ReadAllText(Beside("../../../docs/guides/compression.md")));
        Assert.True(documented.Count == rows.Count, $"The table has {documented.Count} rows; measured:\n{measured}");
        foreach ((Match row, (string topic, int[] figures)) in documented.Zip(rows))
        {
            Assert.Equal(topic, row.Groups["topic"].Value);
            int[] written = [.. row.Groups["figure"].Captures.Select(
                static figure => int.Parse(figure.Value, CultureInfo.InvariantCulture))];
            Assert.True(written.Zip(figures).All(static pair => Math.Abs(pair.First - pair.Second) <= Points),
                $"The table differs; measured:\n{measured}");
        }
    }

    /// <summary>
    /// Mean bytes of a plain frame; per cent of it stored, at each level by itself, and with takeover.
    /// </summary>
    private static int[] Measure(string[] messages)
    {
        LengthPrefix plain = LengthPrefix.BigEndian32(1 << 20);
        byte[][] payloads = [.. messages.Select(Encoding.UTF8.GetBytes)];
        long bytes = payloads.Sum(payload => (long)plain.GetEncodedLength(payload));
        var takeover = new MemoryStream();
        using var deflater = new DeflateStream(takeover, CompressionLevel.Optimal);
        var itself = new long[s_levels.Length];
        foreach (byte[] payload in payloads)
        {
            byte[] frame = Encode(plain, payload);
            deflater.Write(frame);
            deflater.Flush();
            for (int i = 0; i < s_levels.Length; i++)
            {
                bool isStored = s_levels[i] == CompressionLevel.NoCompression;
                var options = new DeflateOptions { Level = s_levels[i], MinBytes = isStored ? 65_535 : 1 };
                itself[i] += Encode(new DeflatedCodec(plain, options), payload).Length;
            }
        }
        return
        [
            (int)(bytes / payloads.Length),
            .. itself.Select(sum => Percent(sum, bytes)),
            Percent(takeover.Length, bytes),
        ];
    }

    private static int Percent(long part, long whole) => (int)Math.Round(100.0 * part / whole);

    private static string Format(string topic, int[] figures) => $"| {topic} | {string.Join(" | ", figures)} |";

    private static byte[] Encode(Codec codec, byte[] payload)
    {
        byte[] destination = new byte[codec.GetEncodedLength(payload)];
        Assert.Equal(FrameError.None, codec.TryEncode(payload, destination, out int written));
        return destination[..written];
    }

    private static string Beside(string path, [CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, path);

    [GeneratedRegex(@"^\| (?<topic>[^|]+?) (\| (?<figure>[0-9]+) ){5}\|$", RegexOptions.Multiline)]
    private static partial Regex Row();
}
