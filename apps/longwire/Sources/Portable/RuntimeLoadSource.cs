namespace Longwire.Service.Sources.Portable;

/// <summary><c>host/load</c> where the runtime knows how long the machine runs and nothing about its load.</summary>
internal sealed class RuntimeLoadSource : IStatusSource
{
    public string Name => "load";

    public void Read(StatusReport report)
    {
        report.Begin("host/load");
        // The one place where the system's own counter is meant: a TimeProvider does not say where its clock began.
        report.Write("uptime_seconds", Environment.TickCount64 / 1000);
        report.CompareFromHere();
        report.WriteAbsent("load_1min");
        report.WriteAbsent("load_5min");
        report.WriteAbsent("load_15min");
        report.WriteAbsent("running_threads");
        report.WriteAbsent("threads");
        report.End();
    }
}
