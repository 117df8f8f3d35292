using Longwire.Load.Results;

namespace Longwire.Load.Reporting;

/// <summary>A result and the name of the file that it was read from.</summary>
internal sealed record Source(string File, LoadResult Result)
{
    /// <exception cref="ArgumentException">The result parses and still makes no sense.</exception>
    internal static Source Of(string file, LoadResult result)
    {
        if (result.Runs is not { Count: > 0 })
            throw new ArgumentException("it holds no run.");
        IEnumerable<double[]> points = result.Runs.SelectMany(static run => run.LatencyMicroseconds?.Curve ?? []);
        if (points.Any(static point => point is not { Length: 2 }))
            throw new ArgumentException("a point of its latency curve is no pair of percentile and value.");
        return new Source(file, result);
    }
}

/// <summary>One server's run. The label is unique in its section.</summary>
internal sealed record Entry(string Label, Source Source, RunResult Run)
{
    internal bool IsBaseline => Source.Result.Comparison?.Baseline == Run.Server;

    /// <summary>The ratios to the baseline, that of CPU first.</summary>
    internal IReadOnlyList<ComparisonRow> Ratios { get; } =
    [
        .. (Source.Result.Comparison?.Rows ?? []).Where(row => row.Server == Run.Server).OrderByDescending(IsCpu),
    ];

    internal static bool IsCpu(ComparisonRow row) => row.Metric.StartsWith("cpu", StringComparison.OrdinalIgnoreCase);
}

/// <summary>
/// What was measured alike: results of one scenario with one title and the same parameters on the same machine and
/// commit. Only those share a table and plots.
/// </summary>
internal sealed record Section(IReadOnlyList<Source> Sources, IReadOnlyList<Entry> Entries)
{
    internal LoadResult First => Sources[0].Result;

    internal string? Baseline => First.Comparison?.Baseline;

    /// <summary>What was compared, CPU first.</summary>
    internal IReadOnlyList<string> Metrics { get; } =
        [.. Entries.SelectMany(static entry => entry.Ratios).Select(static row => row.Metric).Distinct()];

    internal string Files => string.Join(", ", Sources.Select(static source => source.File));

    /// <summary>What the scenario counts, as <see cref="RunResult.Operations"/>.</summary>
    internal string Operation => First.Scenario switch
    {
        "fanout" => "delivery",
        "echo" => "echo",
        "ingest" => "message",
        "storm" => "connection",
        _ => "operation",
    };

    /// <summary>Sections in the order of their first files; within one, the baseline and then the cheapest.</summary>
    internal static IReadOnlyList<Section> Of(IEnumerable<Source> sources) =>
    [
        .. from source in sources
           let result = source.Result
           group source by (result.Scenario, result.Title, result.Parameters.ToJsonString(), result.Machine,
               result.Comparison?.Baseline) into alike
           select new Section([.. alike], Order(Label([.. alike.SelectMany(Runs)]))),
    ];

    private static IEnumerable<Entry> Runs(Source source) =>
        source.Result.Runs.Select(run => new Entry(run.Server, source, run));

    private static IEnumerable<Entry> Label(List<Entry> entries)
    {
        ILookup<string, Entry> byServer = entries.ToLookup(static entry => entry.Run.Server);
        ILookup<string, Entry> byProtocol = entries.ToLookup(Both);
        foreach (Entry entry in entries)
        {
            if (byServer[entry.Run.Server].Count() == 1)
                yield return entry;
            else if (byProtocol[Both(entry)].Count() == 1)
                yield return entry with { Label = Both(entry) };
            else
                yield return entry with { Label = $"{Both(entry)}, {entry.Source.File}" };
        }
        static string Both(Entry entry) => $"{entry.Run.Server}, {entry.Run.Protocol}";
    }

    private static IReadOnlyList<Entry> Order(IEnumerable<Entry> entries) =>
    [
        .. entries.OrderByDescending(static entry => entry.IsBaseline)
            .ThenBy(static entry => entry.Ratios.Count > 0 ? entry.Ratios[0].MedianRatio : double.MaxValue)
            .ThenBy(static entry => entry.Run.CpuPerOperation?.Total ?? double.MaxValue),
    ];
}
