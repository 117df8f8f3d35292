using Longwire.Load.Results;
using static Longwire.Load.Reporting.NumberText;

namespace Longwire.Load.Reporting;

/// <summary>A section's numbers: a row for each server, a column for each thing that any of them measured.</summary>
internal static class SectionTable
{
    /// <summary>The cell of what was not measured.</summary>
    internal static Html Absent { get; } = Html.Of($"<td class=\"absent\">–</td>");

    private sealed record Column(string Title, Func<Entry, Html?> Cell);

    internal static Html Of(Section section, Palette palette)
    {
        List<Column> columns =
            [.. Columns(section).Where(column => section.Entries.Any(entry => column.Cell(entry) is not null))];
        return Html.Of($"""
            <div class="wide"><table>
            <thead><tr><th>server</th>{columns.Select(Head)}</tr></thead>
            <tbody>
            {section.Entries.Select(entry => Row(entry, columns, palette))}</tbody>
            </table></div>

            """);
    }

    private static Html Head(Column column) => Html.Of($"<th>{column.Title}</th>");

    private static Html Row(Entry entry, List<Column> columns, Palette palette) => Html.Of($"""
        <tr><th>{palette.Name(entry.Label)}</th>{columns.Select(column => column.Cell(entry) ?? Absent)}</tr>

        """);

    private static IEnumerable<Column> Columns(Section section)
    {
        string operation = section.Operation;
        foreach (string metric in section.Metrics)
            yield return new($"{metric} ÷ {section.Baseline}", entry => RatioCell(entry, metric));
        yield return new($"CPU per {operation}", static entry => entry.Run.CpuPerOperation is { } cost
            ? Cell(Duration(cost.Total), $"user {Duration(cost.User)}")
            : null);
        if (section.First.Scenario != "idle") // nothing but waiting has no rate
            yield return new($"{operation} rate", static entry => Cell(entry.Run.Throughput, PerSecond));
        yield return Latency("p50", static latency => latency.P50);
        yield return Latency("p99", static latency => latency.P99);
        yield return Latency("p99.9", static latency => latency.P999);
        yield return Latency("longest", static latency => latency.Max);
        yield return new("one more connection", MemoryCell);
        yield return new("resident at the end",
            static entry => Cell(entry.Run.Memory?.ResidentEndBytes, Bytes));
        yield return new($"send calls per {operation}", static entry => Cell(entry.Run.SendsPerOperation, Measure));
        yield return new("errors", ErrorCell);
        yield return new("file", static entry => Html.Of($"<td class=\"file\">{entry.Source.File}</td>"));
    }

    private static Column Latency(string title, Func<LatencySummary, double> value) => new(title, entry =>
        Cell(entry.Run.LatencyMicroseconds is { Count: > 0 } latency ? value(latency) : null, Duration));

    internal static Html? RatioCell(Entry entry, string metric)
    {
        if (entry.IsBaseline)
            return Cell(Ratio(1), "baseline");
        return entry.Ratios.FirstOrDefault(row => row.Metric == metric) is { } row
            ? Cell(Ratio(row.MedianRatio), $"{Interval(row.Low, row.High)}, {Count(row.Pairs)} pairs")
            : null;
    }

    private static Html? MemoryCell(Entry entry) => entry.Run.Memory switch
    {
        { MarginalBytesPerConnection: { } own, KernelBytesPerConnection: { } kernel } =>
            Cell(Bytes(own), $"kernel {Bytes(kernel)}"),
        { MarginalBytesPerConnection: { } own } => Cell(Bytes(own), ""),
        _ => null,
    };

    private static string PerSecond(double rate) => Measure(rate) + "/s";

    private static Html? ErrorCell(Entry entry)
    {
        string errors = string.Join(", ", entry.Run.Errors.Select(static e => $"{Count(e.Value)} {e.Key}"));
        return errors.Length == 0 ? Cell("none", "") : Html.Of($"<td class=\"bad\">{errors}</td>");
    }

    private static Html? Cell(double? value, Func<double, string> text) =>
        value is { } number ? Cell(text(number), "") : null;

    private static Html Cell(string text, string small) => small.Length == 0
        ? Html.Of($"<td>{text}</td>")
        : Html.Of($"<td>{text}<small>{small}</small></td>");
}
