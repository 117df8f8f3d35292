using Longwire.Service.Sources.Proc;

namespace Longwire.Service.Sources.Linux;

/// <summary><c>host/cpu</c>: how the time of all cores was spent since the reading before. From /proc/stat.</summary>
internal sealed class ProcCpuSource(string root) : IStatusSource
{
    private readonly ProcFile _stat = new(Path.Combine(root, "proc/stat"));
    private CpuTimes? _earlier;

    public string Name => "cpu";

    public void Read(StatusReport report)
    {
        if (!CpuTimes.TryParse(_stat.Read(), out CpuTimes times))
            throw new InvalidDataException("/proc/stat has no line cpu with at least four numbers.");
        CpuShares? shares = _earlier is { } earlier ? times.Since(earlier) : null;
        _earlier = times;

        report.Begin("host/cpu");
        report.WritePercent("busy_percent", shares?.Busy);
        report.WritePercent("user_percent", shares?.User);
        report.WritePercent("system_percent", shares?.System);
        report.WritePercent("iowait_percent", shares?.Iowait);
        report.WritePercent("steal_percent", shares?.Steal);
        report.Write("cores", times.Cores > 0 ? times.Cores : null);
        report.End();
    }
}
