using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Longwire.Service.Console;

/// <summary>The console's longer answers, as lines.</summary>
internal static class ConsoleText
{
    private static readonly JsonWriterOptions s_readable = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    internal static IEnumerable<string> Help { get; } =
    [
        "# topics [filter]        the topics there are; filters: host/cpu, host/+/root, host/#",
        "# get <filter>           the current values",
        "# watch <filter>         the current values, then every change, at least every 10 s",
        "# unwatch [filter]       stop watching one filter, or all",
        "# publish <topic> <json> tell everyone who watches, and keep it as the current value",
        "# who                    who is connected",
        "# stats                  the server's counters",
        "# quit                   good bye",
        "# Values are lines of topic and JSON; lines with # are notices, lines with error: are errors.",
    ];

    internal static IEnumerable<string> Who(IReadOnlyList<ConnectionSnapshot> connections)
    {
        yield return Row("id", "address", "age", "idle", "subs", "queue", "waits", "in", "out", "conflated", "dropped",
            "rtt", "unacked");
        foreach (ConnectionSnapshot one in connections)
        {
            yield return Row(
                Text(one.Id), one.Remote.ToString(), Time(one.Age), Time(one.Idle), Text(one.Subscriptions),
                Text(one.OutboxBytes), Time(one.OutboxAge), Text(one.BytesReceived), Text(one.BytesSent),
                Text(one.Conflated), Text(one.Dropped),
                one.Tcp is { } tcp ? $"{tcp.RoundTrip.TotalMilliseconds:F1}ms" : "-",
                one.Tcp is { } known ? Text(known.UnacknowledgedBytes) : "-");
        }
    }

    internal static IEnumerable<string> Stats(ServerSnapshot now) =>
    [
        $"# connections {now.Connections} now, {now.Accepted} accepted, {now.Refused} refused",
        $"# received {now.MessagesReceived} messages, {now.BytesReceived} bytes",
        $"# sent {now.BytesSent} bytes in {now.SendCalls} calls, {now.Pushed} topic messages",
        $"# slow readers: {now.Conflated} messages conflated, {now.Dropped} dropped, {now.OutboxBytes} bytes waiting",
        $"# memory: {now.SlabBytes} bytes in slabs, {now.LeasedBytes} of them in use",
        $"# {now.Topics} topics, {now.Loops} loops",
    ];

    /// <summary>Checks JSON and writes it on one line.</summary>
    internal static bool TryCompact(string text, out byte[] json, out string? error)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            var output = new ArrayBufferWriter<byte>(text.Length);
            using (var writer = new Utf8JsonWriter(output, s_readable))
                document.WriteTo(writer);
            (json, error) = (output.WrittenSpan.ToArray(), null);
            return true;
        }
        catch (JsonException exception)
        {
            json = [];
            error = $"this is no JSON at character {exception.BytePositionInLine + 1}; write {{\"open\":true}}";
            return false;
        }
    }

    private static string Row(params ReadOnlySpan<string> cells)
    {
        ReadOnlySpan<int> widths = [8, 22, 7, 7, 5, 8, 7, 10, 12, 10, 8, 9, 8];
        var row = new StringBuilder("# ");
        for (int i = 0; i < cells.Length; i++)
            row.Append(i < 2 ? cells[i].PadRight(widths[i]) : cells[i].PadLeft(widths[i])).Append(' ');
        return row.ToString().TrimEnd();
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Time(TimeSpan time) => time switch
    {
        { TotalSeconds: < 100 } => $"{time.TotalSeconds:F0}s",
        { TotalMinutes: < 100 } => $"{time.TotalMinutes:F0}m",
        { TotalHours: < 100 } => $"{time.TotalHours:F0}h",
        _ => $"{time.TotalDays:F0}d",
    };
}
