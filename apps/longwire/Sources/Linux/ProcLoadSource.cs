using Longwire.Service.Sources.Proc;

namespace Longwire.Service.Sources.Linux;

/// <summary><c>host/load</c>, from /proc/loadavg and /proc/uptime.</summary>
internal sealed class ProcLoadSource(string root) : IStatusSource
{
    private readonly ProcFile _loadavg = new(Path.Combine(root, "proc/loadavg"));
    private readonly ProcFile _uptime = new(Path.Combine(root, "proc/uptime"));

    public string Name => "load";

    public void Read(StatusReport report)
    {
        if (!LoadAverages.TryParse(_loadavg.Read(), out LoadAverages load))
            throw new InvalidDataException("/proc/loadavg does not begin with three numbers.");
        long? uptime = _uptime.TryRead(out ReadOnlySpan<byte> text) ? LoadAverages.ParseUptime(text) : null;

        report.Begin("host/load");
        report.Write("uptime_seconds", uptime);
        report.CompareFromHere();
        report.Write("load_1min", load.OneMinute, decimals: 2);
        report.Write("load_5min", load.FiveMinutes, decimals: 2);
        report.Write("load_15min", load.FifteenMinutes, decimals: 2);
        report.Write("running_threads", load.RunningThreads);
        report.Write("threads", load.Threads);
        report.End();
    }
}
