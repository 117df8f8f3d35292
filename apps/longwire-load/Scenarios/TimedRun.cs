using System.Globalization;
using Longwire.Load.Results;
using Longwire.Load.Servers;
using Longwire.Load.Workloads;

namespace Longwire.Load.Scenarios;

/// <summary>One stretch of work, with a look at it every second.</summary>
internal static class TimedRun
{
    private const int MostPoints = 120;

    internal static async Task<RunResult> RunAsync(
        Target target, IWorkload workload, TimeSpan duration, bool countCalls, Progress progress,
        CancellationToken cancellation)
    {
        ServerProcess? process = target.Process;
        var series = new List<SeriesPoint>();
        long residentStart = process?.ResidentBytes ?? 0;
        TimeSpan interval = duration / MostPoints;
        var last = TimeSpan.Zero;
        long counted = 0;
        long shown = 0;
        using SystemCallCount? calls = countCalls ? await SystemCallCount.AttachAsync(process!.Pid) : null;
        Measurement measured = await Meter.MeasureAsync(workload, process, duration, LookAsync, cancellation);
        IReadOnlyDictionary<string, long>? callsByName = calls is null ? null : await calls.DetachAsync();
        RunResult run = Measured.Run(target, measured);
        if (calls is not null)
            run = run with { Cpu = null, LatencyMicroseconds = null }; // those of a server that is being traced
        return run with
        {
            SystemCalls = callsByName,
            Memory = process is null ? null : new MemoryUse
            {
                ResidentStartBytes = residentStart,
                ResidentEndBytes = process.ResidentBytes,
            },
            Series = series,
        };

        async Task LookAsync(TimeSpan elapsed)
        {
            long operations = await workload.CountAsync();
            long? resident = process?.QuickResidentBytes;
            string memory = resident is { } bytes
                ? string.Create(CultureInfo.InvariantCulture, $"  server {bytes / 1048576.0:0.0} MiB")
                : "";
            progress.Show(elapsed, $"{operations} operations, {operations - shown} in the last second{memory}");
            shown = operations;
            if (elapsed - last < interval)
                return;
            series.Add(new SeriesPoint
            {
                Seconds = Math.Round(elapsed.TotalSeconds, 1),
                Operations = operations - counted,
                ResidentBytes = resident,
            });
            last = elapsed;
            counted = operations;
        }
    }
}
