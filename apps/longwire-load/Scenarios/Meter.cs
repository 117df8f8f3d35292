using Longwire.Load.Results;
using Longwire.Load.Servers;
using Longwire.Load.Workloads;

namespace Longwire.Load.Scenarios;

/// <summary>What came of one stretch of work and what it cost the server.</summary>
internal sealed record Measurement(Slice Slice, double Seconds, CpuSample? Cpu)
{
    /// <summary>Processor time of the busiest process of clients; 0 where it is unknown.</summary>
    internal double ClientSeconds { get; init; }

    /// <summary>Microseconds of the server's processor time per operation; null if its process is unknown.</summary>
    internal double? CpuMicrosecondsPerOperation =>
        Cpu is { } cpu && Slice.Operations > 0 ? cpu.Nanoseconds / 1000.0 / Slice.Operations : null;
}

/// <summary>Puts clients to work for a time and reads the server's clock before and after.</summary>
internal static class Meter
{
    /// <summary>
    /// Measures from before the first request until the last answer, so that all of the cost belongs to what is
    /// counted.
    /// </summary>
    /// <param name="workload">Connected clients.</param>
    /// <param name="process">The server, if its process is known.</param>
    /// <param name="duration">After which nothing new is begun.</param>
    /// <param name="look">Called once a second meanwhile.</param>
    /// <param name="cancellation">Ends it early, with an exception.</param>
    internal static async Task<Measurement> MeasureAsync(
        IWorkload workload, ServerProcess? process, TimeSpan duration, Func<TimeSpan, Task>? look,
        CancellationToken cancellation)
    {
        TimeProvider time = TimeProvider.System;
        IReadOnlyList<long> clients = workload.ReadCpu();
        CpuSample? cpu = process?.ReadCpu();
        long started = time.GetTimestamp();
        await workload.BeginAsync();
        if (look is null)
            await Task.Delay(duration, cancellation);
        else
            await LookOnAsync(time, started, duration, look, cancellation);
        long[] published = await workload.StopAsync();
        Slice slice = await workload.SettleAsync(published);
        double seconds = time.GetElapsedTime(started).TotalSeconds;
        cpu = process?.ReadCpu() - cpu;
        IEnumerable<long> used = workload.ReadCpu().Zip(clients, static (now, before) => now - before);
        return new Measurement(slice, seconds, cpu) { ClientSeconds = used.DefaultIfEmpty().Max() / 1e9 };
    }

    private static async Task LookOnAsync(
        TimeProvider time, long started, TimeSpan duration, Func<TimeSpan, Task> look, CancellationToken cancellation)
    {
        TimeSpan second = TimeSpan.FromSeconds(1);
        while (time.GetElapsedTime(started) is var elapsed && elapsed < duration)
        {
            await Task.Delay(duration - elapsed < second ? duration - elapsed : second, cancellation);
            await look(time.GetElapsedTime(started));
        }
    }
}
