namespace Longwire.Service.Sources;

/// <summary>The server's own health, under <c>longwire/</c>.</summary>
internal sealed class ServerSource(TcpServer server) : IStatusSource
{
    public string Name => "server";

    public void Read(StatusReport report)
    {
        ServerSnapshot now = server.Snapshot();
        report.Begin("longwire/connections");
        report.Write("current", now.Connections);
        report.Write("accepted_total", now.Accepted);
        report.Write("refused_total", now.Refused);
        report.End();
        report.Begin("longwire/outbox");
        report.Write("queued_bytes", now.OutboxBytes);
        report.Write("conflated_messages_total", now.Conflated);
        report.Write("dropped_messages_total", now.Dropped);
        report.End();
        report.Begin("longwire/traffic");
        report.Write("received_bytes_total", now.BytesReceived);
        report.Write("sent_bytes_total", now.BytesSent);
        report.Write("received_messages_total", now.MessagesReceived);
        report.Write("pushed_messages_total", now.Pushed);
        report.Write("send_calls_total", now.SendCalls);
        report.End();
        report.Begin("longwire/memory");
        report.Write("slab_bytes", now.SlabBytes);
        report.Write("leased_bytes", now.LeasedBytes);
        report.Write("working_set_bytes", Environment.WorkingSet);
        report.End();
    }
}
