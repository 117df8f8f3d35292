using Longwire.Service.Sources.Proc;

namespace Longwire.Service.Sources.Linux;

/// <summary>
/// <c>host/memory</c>, from /proc/meminfo, or from the cgroup when that allows less than the machine has.
/// </summary>
internal sealed class ProcMemorySource(string root) : IStatusSource
{
    private readonly ProcFile _meminfo = new(Path.Combine(root, "proc/meminfo"));
    private readonly CgroupLimit _cgroup = new(root);

    public string Name => "memory";

    public void Read(StatusReport report)
    {
        if (!MemoryAmounts.TryParse(_meminfo.Read(), out MemoryAmounts amounts))
            throw new InvalidDataException("/proc/meminfo has no MemTotal.");
        long total = amounts.Total;
        long? available = amounts.Available;
        long? used = total - available;
        bool limited = _cgroup.TryRead(out long limit, out long? cgroupUsed) && limit < total;
        if (limited)
        {
            total = limit;
            used = cgroupUsed;
            available = cgroupUsed is { } u ? Math.Min(available ?? limit, Math.Max(0, limit - u)) : null;
        }

        report.Begin("host/memory");
        report.Write("total_bytes", total);
        report.Write("available_bytes", available);
        report.Write("used_bytes", used);
        report.WritePercent("used_percent", Proportion.Percent(used, total));
        report.Write("swap_total_bytes", amounts.SwapTotal);
        report.Write("swap_free_bytes", amounts.SwapFree);
        report.Write("swap_used_bytes", amounts.SwapTotal - amounts.SwapFree);
        if (limited)
            report.Write("limit_bytes", limit);
        report.End();
    }
}
