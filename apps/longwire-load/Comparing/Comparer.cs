using System.Globalization;
using Longwire.Load.Results;
using Longwire.Load.Scenarios;

namespace Longwire.Load.Comparing;

/// <summary>How a comparison goes: how long a slice is, how many rounds.</summary>
internal sealed record ComparisonPlan(TimeSpan WarmUp, TimeSpan Slice, int Rounds, int Baseline, int Seed);

/// <summary>Measures connected competitors in turn; all but one are idle at any time.</summary>
internal static class Comparer
{
    private static readonly (string Name, Func<Measurement, double?> Of)[] s_metrics =
    [
        (Metrics.Cpu, static one => one.CpuMicrosecondsPerOperation),
        (Metrics.Throughput, static one => one.Slice.Operations / one.Seconds),
        (Metrics.Latency, static one => Measured.Latency(one.Slice.Latency)?.P99),
    ];

    internal static async Task<ComparisonResult> RunAsync(
        IReadOnlyList<Competitor> competitors, ComparisonPlan plan, Progress progress, CancellationToken cancellation)
    {
        foreach (Competitor one in competitors)
        {
            progress.Say($"{one.Target.Name}: warming up for {plan.WarmUp.TotalSeconds:0.#} s");
            if (plan.WarmUp > TimeSpan.Zero)
                await one.MeasureAsync(plan.WarmUp, cancellation);
        }
        long started = TimeProvider.System.GetTimestamp();
        for (int round = 1; round <= plan.Rounds; round++)
        {
            foreach (int[] half in Rounds.Halves(competitors.Count))
            {
                foreach (int i in half)
                {
                    Measurement slice = await competitors[i].MeasureAsync(plan.Slice, cancellation);
                    competitors[i].Add(slice, TimeProvider.System.GetElapsedTime(started));
                }
            }
            progress.Say($"round {round} of {plan.Rounds}: {string.Join(", ", competitors.Select(LastOf))}");
        }
        return Compare([.. competitors.Select(static one => (one.Target.Name, one.Slices))], plan.Baseline, plan.Seed);
    }

    /// <summary>Ratios of slice n of each server to slice n of the baseline.</summary>
    internal static ComparisonResult Compare(
        IReadOnlyList<(string Name, IReadOnlyList<Measurement> Slices)> servers, int baseline, int seed)
    {
        var rows = new List<ComparisonRow>();
        foreach ((string name, IReadOnlyList<Measurement> slices) in servers)
        {
            if (name == servers[baseline].Name)
                continue;
            foreach ((string metric, Func<Measurement, double?> of) in s_metrics)
            {
                IEnumerable<double?> ratios = slices.Zip(
                    servers[baseline].Slices, (one, other) => of(one) / of(other));
                AddRow(rows, name, metric, ratios, seed);
            }
        }
        return new ComparisonResult { Baseline = servers[baseline].Name, Rows = rows };
    }

    /// <summary>Ratios of each step of a run to the same step of the baseline, and of memory per connection.</summary>
    internal static ComparisonResult Compare(IReadOnlyList<RunResult> runs, int baseline, int seed)
    {
        var rows = new List<ComparisonRow>();
        RunResult other = runs[baseline];
        foreach (RunResult run in runs.Where(run => run != other))
        {
            Add(Metrics.Cpu, Points(static point => point.CpuMicrosecondsPerOperation));
            Add(Metrics.Latency, Points(static point => point.P99));
            Add(Metrics.MarginalMemory, Memory(static memory => memory.MarginalBytesPerConnection));
            Add(Metrics.AverageMemory, Memory(static memory => memory.AverageBytesPerConnection));

            IEnumerable<double?> Points(Func<StepPoint, double?> of) =>
                run.Points!.Zip(other.Points!, (one, two) => of(one) / of(two));

            IEnumerable<double?> Memory(Func<MemoryUse, double?> of) =>
                run.Memory is { } one && other.Memory is { } two ? [of(one) / of(two)] : [];

            void Add(string metric, IEnumerable<double?> ratios) => AddRow(rows, run.Server, metric, ratios, seed);
        }
        return new ComparisonResult { Baseline = other.Server, Rows = rows };
    }

    /// <summary>Adds a row, unless this was not measured here.</summary>
    private static void AddRow(
        List<ComparisonRow> rows, string server, string metric, IEnumerable<double?> ratios, int seed)
    {
        double[] measured = [.. ratios.OfType<double>().Where(double.IsFinite)];
        if (measured.Length == 0)
            return;
        var ratio = PairedRatio.Of(measured, seed);
        rows.Add(new ComparisonRow
        {
            Server = server,
            Metric = metric,
            MedianRatio = Math.Round(ratio.Ratio, 4),
            Low = Math.Round(ratio.Low, 4),
            High = Math.Round(ratio.High, 4),
            Pairs = ratio.Pairs,
        });
    }

    private static string LastOf(Competitor one) => string.Create(
        CultureInfo.InvariantCulture, $"{one.Target.Name} {one.Slices[^1].CpuMicrosecondsPerOperation:0.00} µs");
}
