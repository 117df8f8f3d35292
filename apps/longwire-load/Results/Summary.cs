using System.Globalization;
using System.Text;

namespace Longwire.Load.Results;

/// <summary>A result for people on a terminal.</summary>
internal static class Summary
{
    private const string None = "–";
    private const double BusyShare = 0.9;

    internal static string Of(LoadResult result)
    {
        var text = new StringBuilder("\n").Append(result.Title).Append('\n');
        if (result.Runs.Any(static run => run.Cpu is not null || run.LatencyMicroseconds is not null))
        {
            string ratio = result.Comparison is { } one ? $"µs/op to {one.Baseline}" : "";
            AppendTable(text,
            [
                ["server", "operations/s", "µs/op", "user", "system", "p50 µs", "p99 µs", "max µs", ratio],
                .. result.Runs.Select(run => Row(run, result.Comparison)),
            ]);
        }
        foreach (RunResult run in result.Runs)
            AppendDetails(text, run, result.Runs.Count > 1);
        if (result.Comparison is { } comparison)
            AppendComparison(text, comparison);
        return text.Append(result.Good ? "good\n" : "NOT GOOD\n").ToString();
    }

    private static string[] Row(RunResult run, ComparisonResult? comparison) =>
    [
        run.Server,
        run.Seconds > 0 ? Number(run.Operations / run.Seconds) : None,
        PerOperation(run.Cpu?.TotalSeconds, run),
        PerOperation(run.Cpu?.UserSeconds, run),
        PerOperation(run.Cpu?.SystemSeconds, run),
        Number(run.LatencyMicroseconds?.P50),
        Number(run.LatencyMicroseconds?.P99),
        Number(run.LatencyMicroseconds?.Max),
        comparison?.Rows.FirstOrDefault(row => row.Server == run.Server && row.Metric == Metrics.Cpu) is { } row
            ? $"{Ratio(row.MedianRatio)} [{Ratio(row.Low)}–{Ratio(row.High)}]"
            : "",
    ];

    private static void AppendDetails(StringBuilder text, RunResult run, bool named)
    {
        IEnumerable<string> counts = run.Counts.Where(static one => one.Value > 0).Select(
            static one => $"{one.Key} {Number(one.Value)}");
        string seconds = run.Seconds.ToString("0.0", CultureInfo.InvariantCulture);
        text.Append("  ").Append(named ? $"{run.Server}: " : "")
            .AppendJoin(", ", counts.Prepend($"{Number(run.Operations)} operations in {seconds} s")).Append('\n');
        if (run.ClientCpuSeconds > BusyShare * run.Seconds)
        {
            string share = (run.ClientCpuSeconds / run.Seconds)!.Value.ToString("0 %", CultureInfo.InvariantCulture);
            text.Append($"  the clients' loop was busy for {share} of the time: ")
                .Append("rate and latency are the clients' own\n");
        }
        if (run.Memory is { } memory)
        {
            text.Append(CultureInfo.InvariantCulture, $"  resident {memory.ResidentStartBytes / 1048576.0:0.0} → ")
                .Append(CultureInfo.InvariantCulture, $"{memory.ResidentEndBytes / 1048576.0:0.0} MiB");
            if (memory.MarginalBytesPerConnection is not null)
            {
                text.Append($"; bytes per connection: marginal {Number(memory.MarginalBytesPerConnection)}, average "
                    + $"{Number(memory.AverageBytesPerConnection)}, in the kernel (both ends) "
                    + Number(memory.KernelBytesPerConnection));
            }
            text.Append('\n');
        }
        if (run.Points is { } points)
        {
            AppendTable(text, [["connections", "p50 µs", "p99 µs", "µs/op", "resident MiB"], .. points.Select(Row)]);
        }
        if (run.SystemCalls is { } calls)
        {
            AppendTable(text, [["system call", "calls", "per operation"], .. calls
                .OrderByDescending(static one => one.Value)
                .Select(one => (string[])[one.Key, Number(one.Value), Ratio((double)one.Value / run.Operations)])]);
        }
    }

    private static string[] Row(StepPoint point) =>
    [
        Number(point.Connections), Number(point.P50), Number(point.P99), Ratio(point.CpuMicrosecondsPerOperation),
        point.ResidentBytes is { } bytes ? (bytes / 1048576.0).ToString("0.0", CultureInfo.InvariantCulture) : None,
    ];

    /// <summary>What the table of servers has no column for.</summary>
    private static void AppendComparison(StringBuilder text, ComparisonResult comparison)
    {
        ComparisonRow[] rows = [.. comparison.Rows.Where(static row => row.Metric is not Metrics.Cpu)];
        if (rows.Length == 0)
            return;
        AppendTable(text,
        [
            [$"to {comparison.Baseline}", "metric", "ratio", "95 % from", "to", "pairs"],
            .. rows.Select(static row => (string[])
            [
                row.Server, row.Metric, Ratio(row.MedianRatio), Ratio(row.Low), Ratio(row.High), Number(row.Pairs),
            ]),
        ]);
    }

    private static void AppendTable(StringBuilder text, IReadOnlyList<string[]> rows)
    {
        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length))];
        text.Append('\n');
        foreach (string[] row in rows)
        {
            var line = new StringBuilder();
            for (int i = 0; i < row.Length; i++)
                line.Append("  ").Append(i == 0 ? row[i].PadRight(widths[i]) : row[i].PadLeft(widths[i]));
            text.Append(line.ToString().TrimEnd()).Append('\n');
        }
        text.Append('\n');
    }

    private static string PerOperation(double? seconds, RunResult run) =>
        run.Operations > 0 ? Ratio(seconds * 1e6 / run.Operations) : None;

    private static string Ratio(double? value) => value?.ToString("0.000", CultureInfo.InvariantCulture) ?? None;

    private static string Number(double? value) => value?.ToString("N0", CultureInfo.InvariantCulture) ?? None;
}
