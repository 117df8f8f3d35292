using System.Net.NetworkInformation;

namespace Longwire.Service.Sources.Portable;

/// <summary><c>host/net/&lt;nic&gt;</c> for the interfaces that the runtime lists.</summary>
/// <remarks>Bound: the interfaces that are there; those that go are forgotten with the next reading.</remarks>
internal sealed class RuntimeNetSource : IStatusSource
{
    private readonly Dictionary<string, NetTraffic> _traffic = new(StringComparer.Ordinal);
    private long _reading;

    public string Name => "net";

    public void Read(StatusReport report)
    {
        _reading++;
        foreach (NetworkInterface nic in NetworkInterface.GetAllNetworkInterfaces())
        {
            if (!_traffic.TryGetValue(nic.Name, out NetTraffic? traffic))
                _traffic.Add(nic.Name, traffic = new NetTraffic(nic.Name));
            if (traffic.Reading == _reading)
                continue;
            traffic.Reading = _reading;
            IPInterfaceStatistics statistics = nic.GetIPStatistics();
            traffic.Begin(report, (ulong)statistics.BytesReceived, (ulong)statistics.BytesSent);
            report.Write("rx_packets", statistics.UnicastPacketsReceived + statistics.NonUnicastPacketsReceived);
            report.Write("tx_packets", OperatingSystem.IsLinux()
                ? statistics.UnicastPacketsSent
                : statistics.UnicastPacketsSent + statistics.NonUnicastPacketsSent);
            report.Write("rx_errors", statistics.IncomingPacketsWithErrors);
            report.Write("tx_errors", statistics.OutgoingPacketsWithErrors);
            report.Write("rx_drops", statistics.IncomingPacketsDiscarded);
            report.Write("tx_drops", OperatingSystem.IsWindows() || OperatingSystem.IsLinux()
                ? statistics.OutgoingPacketsDiscarded
                : null);
            report.End();
        }
        foreach ((string name, NetTraffic traffic) in _traffic)
        {
            if (traffic.Reading != _reading)
                _traffic.Remove(name);
        }
    }
}
