namespace Longwire.Service.Sources.Portable;

/// <summary>
/// <c>host/memory</c> where the runtime knows what the collector knows: how much this process may use.
/// </summary>
internal sealed class RuntimeMemorySource : IStatusSource
{
    public string Name => "memory";

    public void Read(StatusReport report)
    {
        long total = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        // MemoryLoadBytes is not used: it is as old as the last collection, which may be hours.
        report.Begin("host/memory");
        report.Write("total_bytes", total > 0 ? total : null);
        report.WriteAbsent("available_bytes");
        report.WriteAbsent("used_bytes");
        report.WriteAbsent("used_percent");
        report.WriteAbsent("swap_total_bytes");
        report.WriteAbsent("swap_free_bytes");
        report.WriteAbsent("swap_used_bytes");
        report.End();
    }
}
