using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using HdrHistogram;
using Longwire.Load.Scenarios;
using Longwire.Load.Servers;
using Longwire.Load.Workloads;

namespace Longwire.Load.Results;

/// <summary>Makes results out of measurements.</summary>
internal static class Measured
{
    private static readonly double[] s_percentiles =
        [0, 10, 25, 50, 75, 90, 95, 98, 99, 99.5, 99.8, 99.9, 99.95, 99.99, 99.999, 100];

    internal static LoadResult Result(
        Scenario scenario, LoadPlan plan, string? title, DateTime started, IReadOnlyList<RunResult> runs) =>
        Result(scenario.Name, title ?? scenario.Title(plan), scenario.Parameters(plan), started, runs);

    internal static LoadResult Result(
        string scenario, string title, JsonObject parameters, DateTime started, IReadOnlyList<RunResult> runs) => new()
        {
            Scenario = scenario,
            Title = title,
            Started = started,
            Machine = Machine(),
            Parameters = parameters,
            Runs = runs,
            Good = runs.All(IsGood),
        };

    internal static RunResult Run(Target target, Measurement measured) => new()
    {
        Server = target.Name,
        Protocol = target.Protocol.Name,
        CommandLine = target.CommandLine,
        Operations = measured.Slice.Operations,
        Seconds = Math.Round(measured.Seconds, 3),
        Counts = measured.Slice.Counts,
        Cpu = measured.Cpu is { } cpu ? Cpu(cpu) : null,
        ClientCpuSeconds = measured.ClientSeconds > 0 ? Math.Round(measured.ClientSeconds, 3) : null,
        LatencyMicroseconds = Latency(measured.Slice.Latency),
    };

    /// <summary>Something happened, and nothing that may not.</summary>
    internal static bool IsGood(RunResult run) => run.Operations > 0 && CountNames.AreClean(run.Counts);

    internal static LatencySummary? Latency(HistogramBase microseconds)
    {
        if (microseconds.TotalCount == 0)
            return null;
        return new LatencySummary
        {
            Count = microseconds.TotalCount,
            P50 = microseconds.GetValueAtPercentile(50),
            P90 = microseconds.GetValueAtPercentile(90),
            P99 = microseconds.GetValueAtPercentile(99),
            P999 = microseconds.GetValueAtPercentile(99.9),
            Max = microseconds.GetValueAtPercentile(100),
            Curve = [.. s_percentiles.Select(
                one => (double[])[one, microseconds.GetValueAtPercentile(one)])],
        };
    }

    private static CpuTime Cpu(CpuSample cpu) => new()
    {
        UserSeconds = Math.Round(cpu.UserSeconds, 2),
        SystemSeconds = Math.Round(cpu.SystemSeconds, 2),
        TotalSeconds = Math.Round(cpu.Nanoseconds / 1e9, 6),
    };

    private static MachineDescription Machine() => new()
    {
        Os = RuntimeInformation.OSDescription,
        Cpu = CpuName() ?? RuntimeInformation.ProcessArchitecture.ToString(),
        Cores = Environment.ProcessorCount,
        MemoryBytes = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
        Runtime = RuntimeInformation.FrameworkDescription,
        Commit = Commit(),
    };

    private static string? CpuName()
    {
        if (!File.Exists("/proc/cpuinfo"))
            return null;
        string? line = File.ReadLines("/proc/cpuinfo").FirstOrDefault(
            static one => one.StartsWith("model name", StringComparison.Ordinal));
        return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }

    /// <summary>The commit that this tool was built from, as the SDK notes it behind the version's plus sign.</summary>
    private static string? Commit()
    {
        string? version = Assembly.GetExecutingAssembly()
            .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;
        int plus = version?.IndexOf('+', StringComparison.Ordinal) ?? -1;
        return plus < 0 ? null : version!.Substring(plus + 1, Math.Min(7, version.Length - plus - 1));
    }
}
