namespace Longwire.Service.Sources;

/// <summary>The two rates of one network interface, and its topic.</summary>
/// <remarks>Owner: a network source. Concurrency: the publisher's reader. Bound: one earlier value each way.</remarks>
internal sealed class NetTraffic(string nic)
{
    private readonly string _topic = $"host/net/{TopicLevel.FromName(nic)}";
    private CounterRate _received;
    private CounterRate _sent;

    /// <summary>The reading in which the interface was last there.</summary>
    public long Reading { get; set; }

    /// <summary>Begins the topic with the rates; the caller adds its totals and ends it.</summary>
    public void Begin(StatusReport report, ulong rxBytes, ulong txBytes)
    {
        report.Begin(_topic);
        report.Write("rx_bytes_per_second", _received.Next(rxBytes, report.Elapsed));
        report.Write("tx_bytes_per_second", _sent.Next(txBytes, report.Elapsed));
    }
}
