using System.Globalization;
using Longwire.Transport;

namespace Longwire.Service.Console;

/// <summary>The answer to <c>who</c>: one line a connection.</summary>
internal static class WhoTable
{
    private static readonly string[] s_head =
    [
        "id", "address", "age", "idle", "watches", "queue_bytes", "queue_age", "in_bytes", "out_bytes", "conflated",
        "dropped", "rtt", "unacked_bytes",
    ];

    public static IEnumerable<string> Lines(IReadOnlyList<ConnectionSnapshot> connections, long own)
    {
        List<string[]> rows = [s_head];
        rows.AddRange(connections.Select(connection => Row(connection, own)));
        return TextTable.Lines(rows, leftColumns: 2).Append($"# {ConsoleText.Count(connections.Count, "connection")}");
    }

    /// <summary>Two units at most: <c>4s</c>, <c>3m05s</c>, <c>2h07m</c>, <c>9d23h</c>.</summary>
    public static string Time(TimeSpan time) => time switch
    {
        { TotalMinutes: < 1 } => $"{(int)time.TotalSeconds}s",
        { TotalHours: < 1 } => $"{time.Minutes}m{time.Seconds:00}s",
        { TotalDays: < 1 } => $"{time.Hours}h{time.Minutes:00}m",
        _ => $"{(int)time.TotalDays}d{time.Hours:00}h",
    };

    private static string[] Row(ConnectionSnapshot connection, long own) =>
    [
        connection.Id == own ? $"{connection.Id} (you)" : Number(connection.Id),
        connection.Remote.ToString(),
        Time(connection.Age),
        Time(connection.Idle),
        Number(connection.Subscriptions),
        Number(connection.OutboxBytes),
        Time(connection.OutboxAge),
        Number(connection.BytesReceived),
        Number(connection.BytesSent),
        Number(connection.Conflated),
        Number(connection.Dropped),
        connection.Tcp is { } tcp ? Milliseconds(tcp) : "-",
        connection.Tcp is { } known ? Number(known.UnacknowledgedBytes) : "-",
    ];

    private static string Milliseconds(TcpStatistics tcp) =>
        string.Create(CultureInfo.InvariantCulture, $"{tcp.RoundTrip.TotalMilliseconds:0.00}ms");

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
