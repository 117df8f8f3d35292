namespace Longwire.Service.Sources;

/// <summary>
/// The health of the service itself: <c>longwire/connections</c>, <c>outbox</c>, <c>traffic</c>, <c>memory</c>.
/// </summary>
/// <remarks>Owner and concurrency: the publisher's reader. Bound: four topics.</remarks>
internal sealed class ServerSource(TcpServer server) : IStatusSource
{
    private CounterRate _receivedBytes;
    private CounterRate _sentBytes;
    private CounterRate _receivedMessages;
    private CounterRate _pushedMessages;

    public string Name => "server";

    public void Read(StatusReport report)
    {
        ServerSnapshot snapshot = server.Snapshot();

        report.Begin("longwire/connections");
        report.Write("current", snapshot.Connections);
        report.Write("accepted", snapshot.Accepted);
        report.Write("refused", snapshot.Refused);
        report.End();

        report.Begin("longwire/outbox");
        report.Write("queued_bytes", snapshot.OutboxBytes);
        report.Write("conflated", snapshot.Conflated);
        report.Write("dropped", snapshot.Dropped);
        report.End();

        report.Begin("longwire/traffic");
        report.Write("rx_bytes", snapshot.BytesReceived);
        report.Write("tx_bytes", snapshot.BytesSent);
        report.Write("rx_messages", snapshot.MessagesReceived);
        report.Write("pushed_messages", snapshot.Pushed);
        report.Write("rx_bytes_per_second", Rate(ref _receivedBytes, snapshot.BytesReceived, report));
        report.Write("tx_bytes_per_second", Rate(ref _sentBytes, snapshot.BytesSent, report));
        report.Write("rx_messages_per_second", Rate(ref _receivedMessages, snapshot.MessagesReceived, report));
        report.Write("pushed_messages_per_second", Rate(ref _pushedMessages, snapshot.Pushed, report));
        report.End();

        report.Begin("longwire/memory");
        report.Write("slab_bytes", snapshot.SlabBytes);
        report.Write("leased_bytes", snapshot.LeasedBytes);
        report.Write("gc_heap_bytes", GC.GetTotalMemory(forceFullCollection: false));
        report.Write("working_set_bytes", Environment.WorkingSet);
        report.End();
    }

    private static long? Rate(ref CounterRate rate, long total, StatusReport report) =>
        rate.Next((ulong)total, report.Elapsed);
}
