using System.Globalization;
using Longwire.Load.Results;
using Longwire.Load.Servers;
using Longwire.Load.Workloads;

namespace Longwire.Load.Scenarios;

/// <summary>The same for more and more connections: the curve of latency and cost, or of memory.</summary>
internal static class SteppedRun
{
    /// <summary>Works for a time with each number of connections.</summary>
    internal static async Task<RunResult> RampAsync(
        Target target, IWorkload workload, int[] steps, TimeSpan duration, Progress progress,
        CancellationToken cancellation)
    {
        var points = new List<StepPoint>();
        var sum = new Slice();
        double seconds = 0;
        var cpu = default(CpuSample);
        double clientSeconds = 0;
        foreach (int connections in steps)
        {
            await workload.ConnectAsync(connections);
            Measurement one = await Meter.MeasureAsync(workload, target.Process, duration, null, cancellation);
            LatencySummary? latency = Measured.Latency(one.Slice.Latency);
            points.Add(new StepPoint
            {
                Connections = connections,
                Operations = one.Slice.Operations,
                P50 = latency?.P50,
                P99 = latency?.P99,
                ResidentBytes = target.Process?.QuickResidentBytes,
                CpuMicrosecondsPerOperation = one.CpuMicrosecondsPerOperation,
            });
            progress.Say($"{target.Name}: {connections} users, p50 {latency?.P50} µs, p99 {latency?.P99} µs");
            sum.Add(one.Slice);
            seconds += one.Seconds;
            cpu += one.Cpu ?? default;
            clientSeconds += one.ClientSeconds;
        }
        var all = new Measurement(sum, seconds, target.Process is null ? null : cpu) { ClientSeconds = clientSeconds };
        return Measured.Run(target, all) with { Points = points };
    }

    /// <summary>Waits with each number of connections and reads the server's memory; its process is known.</summary>
    internal static async Task<RunResult> MemoryAsync(
        Target target, IWorkload workload, int[] steps, TimeSpan settle, Progress progress,
        CancellationToken cancellation)
    {
        ServerProcess process = target.Process!;
        long started = TimeProvider.System.GetTimestamp();
        await Task.Delay(settle, cancellation);
        long before = process.ResidentBytes;
        long? kernelBefore = KernelMemory.ReadBytes();
        var points = new List<StepPoint>();
        foreach (int connections in steps)
        {
            await workload.ConnectAsync(connections);
            await Task.Delay(settle, cancellation);
            long resident = process.ResidentBytes;
            points.Add(new StepPoint { Connections = connections, ResidentBytes = resident });
            progress.Say(string.Create(
                CultureInfo.InvariantCulture, $"{target.Name}: {connections} idle, {resident / 1048576.0:0.0} MiB"));
        }
        long? kernel = KernelMemory.ReadBytes() - kernelBefore;
        Slice slice = await workload.SettleAsync([]);
        slice.Operations = steps[^1];
        double seconds = TimeProvider.System.GetElapsedTime(started).TotalSeconds;
        return Measured.Run(target, new Measurement(slice, seconds, Cpu: null)) with
        {
            Points = points,
            Memory = Memory(before, points, kernel),
        };
    }

    internal static MemoryUse Memory(long before, IReadOnlyList<StepPoint> points, long? kernel)
    {
        StepPoint last = points[^1];
        long end = last.ResidentBytes!.Value;
        return new MemoryUse
        {
            ResidentStartBytes = before,
            ResidentEndBytes = end,
            MarginalBytesPerConnection = points.Count < 2
                ? null
                : PerConnection(end - points[^2].ResidentBytes!.Value, last.Connections - points[^2].Connections),
            AverageBytesPerConnection = PerConnection(end - before, last.Connections),
            KernelBytesPerConnection = kernel is { } bytes ? PerConnection(bytes, last.Connections) : null,
        };
    }

    private static double PerConnection(long bytes, int connections) => Math.Round((double)bytes / connections);
}
