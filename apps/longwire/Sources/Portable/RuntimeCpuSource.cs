namespace Longwire.Service.Sources.Portable;

/// <summary>
/// <c>host/cpu</c> where the runtime knows the number of cores and nothing about the time they spent.
/// </summary>
internal sealed class RuntimeCpuSource : IStatusSource
{
    public string Name => "cpu";

    public void Read(StatusReport report)
    {
        // Environment.CpuUsage is this process only, which would be a wrong answer to the question that was asked.
        report.Begin("host/cpu");
        report.WriteAbsent("busy_percent");
        report.WriteAbsent("user_percent");
        report.WriteAbsent("system_percent");
        report.WriteAbsent("iowait_percent");
        report.WriteAbsent("steal_percent");
        report.Write("cores", Environment.ProcessorCount);
        report.End();
    }
}
