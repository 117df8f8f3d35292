using Longwire.Load.Results;
using Longwire.Load.Scenarios;
using Longwire.Load.Servers;
using Longwire.Load.Workloads;

namespace Longwire.Load.Comparing;

/// <summary>A server, its clients, and the slices that were measured of it.</summary>
/// <remarks>Owner: a comparison. Concurrency: one thread. Bound: a measurement per half round.</remarks>
internal sealed class Competitor(Target target, IWorkload workload) : IAsyncDisposable
{
    private readonly List<Measurement> _slices = [];
    private readonly List<SeriesPoint> _series = [];

    internal Target Target => target;

    internal IWorkload Workload => workload;

    internal IReadOnlyList<Measurement> Slices => _slices;

    internal async Task<Measurement> MeasureAsync(TimeSpan duration, CancellationToken cancellation)
    {
        Measurement slice = await Meter.MeasureAsync(workload, target.Process, duration, null, cancellation);
        if (slice.Slice.Operations == 0)
            throw new InvalidOperationException($"{target.Name} did nothing in a slice; nothing can be compared.");
        return slice;
    }

    internal void Add(Measurement slice, TimeSpan at)
    {
        _slices.Add(slice);
        _series.Add(new SeriesPoint
        {
            Seconds = Math.Round(at.TotalSeconds, 1),
            Operations = slice.Slice.Operations,
            Length = Math.Round(slice.Seconds, 4),
            CpuSeconds = slice.Cpu is { } cpu ? cpu.Nanoseconds / 1e9 : null,
            ResidentBytes = target.Process?.QuickResidentBytes,
            P99 = Measured.Latency(slice.Slice.Latency)?.P99,
        });
    }

    /// <summary>All slices together.</summary>
    internal RunResult ToRun()
    {
        var sum = new Slice();
        var cpu = default(CpuSample);
        foreach (Measurement one in _slices)
        {
            sum.Add(one.Slice);
            cpu += one.Cpu ?? default;
        }
        var all = new Measurement(
            sum, _slices.Sum(static one => one.Seconds), target.Process is null ? null : cpu)
        {
            ClientSeconds = _slices.Sum(static one => one.ClientSeconds),
        };
        return Measured.Run(target, all) with { Series = _series };
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await workload.DisposeAsync();
        }
        finally
        {
            await target.DisposeAsync();
        }
    }
}
