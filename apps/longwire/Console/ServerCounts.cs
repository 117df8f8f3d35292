namespace Longwire.Service.Console;

/// <summary>The server's counts, by the names that the console and the commands of Feed tell them.</summary>
internal static class ServerCounts
{
    public static (string Name, long Value, string Meaning)[] Of(ServerSnapshot snapshot) =>
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
}
