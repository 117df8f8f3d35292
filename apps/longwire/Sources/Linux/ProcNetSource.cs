using System.Text;
using Longwire.Service.Sources.Proc;

namespace Longwire.Service.Sources.Linux;

/// <summary><c>host/net/&lt;nic&gt;</c>, from /proc/net/dev of this process's network namespace.</summary>
/// <remarks>Bound: the interfaces that are there; those that go are forgotten with the next reading.</remarks>
internal sealed class ProcNetSource : IStatusSource
{
    private const int MaxNameBytes = 256; // IFNAMSIZ is 16; a longer name is not one

    private readonly ProcFile _dev;
    private readonly Dictionary<string, NetTraffic> _traffic = new(StringComparer.Ordinal);
    private readonly Dictionary<string, NetTraffic>.AlternateLookup<ReadOnlySpan<char>> _byName;
    private long _reading;

    public ProcNetSource(string root)
    {
        _dev = new ProcFile(Path.Combine(root, "proc/net/dev"));
        _byName = _traffic.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public string Name => "net";

    public void Read(StatusReport report)
    {
        _reading++;
        ReadOnlySpan<byte> text = _dev.Read();
        Span<char> characters = stackalloc char[MaxNameBytes];
        while (ProcText.TryTakeLine(ref text, out ReadOnlySpan<byte> line))
        {
            if (!NetCounters.TryParse(line, out ReadOnlySpan<byte> nic, out NetCounters counters) ||
                nic.Length > MaxNameBytes)
                continue;
            ReadOnlySpan<char> name = characters[..Encoding.UTF8.GetChars(nic, characters)];
            if (!_byName.TryGetValue(name, out NetTraffic? traffic))
                _byName[name] = traffic = new NetTraffic(name.ToString());
            if (traffic.Reading == _reading)
                continue; // The kernel shows a name once; a second line would make the topic flap.
            traffic.Reading = _reading;
            traffic.Begin(report, counters.RxBytes, counters.TxBytes);
            report.WriteTotal("rx_packets", counters.RxPackets);
            report.WriteTotal("tx_packets", counters.TxPackets);
            report.WriteTotal("rx_errors", counters.RxErrors);
            report.WriteTotal("tx_errors", counters.TxErrors);
            report.WriteTotal("rx_drops", counters.RxDrops);
            report.WriteTotal("tx_drops", counters.TxDrops);
            report.End();
        }
        foreach ((string name, NetTraffic traffic) in _traffic)
        {
            if (traffic.Reading != _reading)
                _traffic.Remove(name); // Allowed while enumerating.
        }
    }
}
