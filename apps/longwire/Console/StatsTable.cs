using System.Globalization;

namespace Longwire.Service.Console;

/// <summary>The answer to <c>stats</c>: one count a line, with what it means.</summary>
internal static class StatsTable
{
    public static IEnumerable<string> Lines(ServerSnapshot snapshot)
    {
        (string Name, long Value, string Meaning)[] counts =
        [
            ("connections", snapshot.Connections, "now"),
            ("accepted", snapshot.Accepted, "connections since the start"),
            ("refused", snapshot.Refused, "connections over a limit"),
            ("topics", snapshot.Topics, "now"),
            ("in_bytes", snapshot.BytesReceived, "received"),
            ("out_bytes", snapshot.BytesSent, "sent"),
            ("in_messages", snapshot.MessagesReceived, "lines received"),
            ("pushed", snapshot.Pushed, "values queued for watchers"),
            ("conflated", snapshot.Conflated, "values replaced by newer ones for slow watchers"),
            ("dropped", snapshot.Dropped, "values dropped"),
            ("send_calls", snapshot.SendCalls, "writes to the system"),
            ("queue_bytes", snapshot.OutboxBytes, "waiting in outboxes now"),
            ("slab_bytes", snapshot.SlabBytes, "message memory held now"),
            ("leased_bytes", snapshot.LeasedBytes, "message memory in use now"),
            ("loops", snapshot.Loops, "threads that serve connections"),
        ];
        int name = counts.Max(static count => count.Name.Length);
        int value = counts.Max(static count => Number(count.Value).Length);
        foreach ((string label, long number, string meaning) in counts)
            yield return $"# {label.PadRight(name)}  {Number(number).PadLeft(value)}  {meaning}";
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
