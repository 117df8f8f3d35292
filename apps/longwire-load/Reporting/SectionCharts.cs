using System.Globalization;
using Longwire.Load.Results;
using static Longwire.Load.Reporting.NumberText;

namespace Longwire.Load.Reporting;

/// <summary>Which plots a section has: those for which something was measured.</summary>
/// <remarks>Owner: the report. Concurrency: one thread. Bound: the section's files.</remarks>
internal sealed class SectionCharts(Section section, Palette palette)
{
    private const double Mebibyte = 1 << 20;

    private static readonly Axis s_connections = new("connections", Scale.Linear, Tick);
    private static readonly Axis s_time = new("time since the start (s)", Scale.Linear, Tick);
    private static readonly Axis s_p99 = new("latency, 99th percentile", Scale.Linear, TickDuration);

    internal static IReadOnlyList<Chart> Of(Section section, Palette palette) =>
        [.. new SectionCharts(section, palette).All().OfType<Chart>()];

    private IEnumerable<Chart?> All()
    {
        string operation = section.Operation;
        yield return CpuBars();
        yield return Lines("latency", "Latency distribution",
            new Axis("latency (logarithmic)", Scale.Logarithmic, TickDuration),
            new Axis("percentile (the tail is stretched)", Scale.Nines, Percent), Curve);
        yield return Lines("users", "Latency by number of users", s_connections, s_p99,
            static run => Steps(run, static point => point.P99));
        yield return Lines("users-cpu", $"Server CPU per {operation} by number of users", s_connections,
            new Axis($"CPU per {operation} (µs)", Scale.Linear, Tick),
            static run => Steps(run, static point => point.CpuMicrosecondsPerOperation));
        yield return MemoryBars();
        yield return Lines("memory", "Server memory per connection by number of connections", s_connections,
            new Axis("bytes per connection (logarithmic)", Scale.Logarithmic, Tick), MemoryPerConnection);
        yield return Lines("throughput", "Throughput over time", s_time,
            new Axis($"{operation} rate (1/s)", Scale.Linear, Tick), Rates);
        yield return Lines("resident", "Server memory over time", s_time,
            new Axis("resident memory (MiB)", Scale.Linear, Tick),
            static run => Over(run, static point => point.ResidentBytes / Mebibyte));
        yield return Lines("time-latency", "Latency over time", s_time, s_p99,
            static run => Over(run, static point => point.P99));
    }

    private BarChart? CpuBars()
    {
        Bar[] bars =
        [
            .. from entry in section.Entries
               let cost = entry.Run.CpuPerOperation
               where cost is not null
               orderby cost.Value.Total
               select new Bar(entry.Label, palette[entry.Label], [cost.Value.User, cost.Value.Kernel],
                   $"{Duration(cost.Value.Total)}{Note(entry)}"),
        ];
        var axis = new Axis($"server CPU per {section.Operation} (µs)", Scale.Linear, Tick);
        return bars.Length == 0
            ? null
            : new BarChart("cpu", $"Server CPU per {section.Operation}", axis, ["user (full)", "kernel (pale)"], bars);
    }

    private static string Note(Entry entry) => entry switch
    {
        { IsBaseline: true } => ", baseline",
        { Ratios: [var row, ..] } when Entry.IsCpu(row) =>
            $", {Ratio(row.MedianRatio)} ({Interval(row.Low, row.High)})",
        _ => "",
    };

    private BarChart? MemoryBars()
    {
        Bar[] bars =
        [
            .. from entry in section.Entries
               let memory = entry.Run.Memory
               let marginal = memory?.MarginalBytesPerConnection
               where marginal is not null
               orderby marginal
               let kernel = memory.KernelBytesPerConnection
               select new Bar(entry.Label, palette[entry.Label], [marginal.Value, kernel ?? 0],
                   Bytes(marginal.Value) + (kernel is null ? "" : $" + {Bytes(kernel.Value)}")),
        ];
        var axis = new Axis("bytes for one more connection", Scale.Linear, Tick);
        return bars.Length == 0
            ? null
            : new BarChart("memory-bars", "Memory for one more connection", axis,
                ["server process (full)", "kernel, both ends (pale)"], bars);
    }

    private LineChart? Lines(
        string kind, string title, Axis x, Axis y, Func<RunResult, IEnumerable<(double X, double Y)>> points)
    {
        Line[] lines =
        [
            .. from entry in section.Entries
               let shown = points(entry.Run).Where(point => x.CanShow(point.X) && y.CanShow(point.Y)).ToArray()
               where shown.Length > 1
               select new Line(entry.Label, palette[entry.Label], shown),
        ];
        return lines.Length == 0 ? null : new LineChart(kind, title, x, y, lines);
    }

    private static IEnumerable<(double X, double Y)> Curve(RunResult run) =>
        (run.LatencyMicroseconds?.Curve ?? []).Select(static point => (point[1], point[0]));

    private static IEnumerable<(double X, double Y)> Steps(RunResult run, Func<StepPoint, double?> value) =>
        from point in run.Points ?? []
        let y = value(point)
        where y is not null
        select ((double)point.Connections, y.Value);

    private static IEnumerable<(double X, double Y)> Over(RunResult run, Func<SeriesPoint, double?> value) =>
        from point in run.Series ?? []
        let y = value(point)
        where y is not null
        select (point.Seconds, y.Value);

    private static IEnumerable<(double X, double Y)> MemoryPerConnection(RunResult run) => run.Memory is not { } memory
        ? []
        : Steps(run, point => point.Connections == 0
            ? null
            : (point.ResidentBytes - memory.ResidentStartBytes) / (double)point.Connections);

    private static IEnumerable<(double X, double Y)> Rates(RunResult run)
    {
        double last = 0;
        foreach (SeriesPoint point in run.Series ?? [])
        {
            double length = point.Length ?? point.Seconds - last;
            if (length > 0)
                yield return (point.Seconds, point.Operations / length);
            last = point.Seconds;
        }
    }

    private static string Percent(double value) => value.ToString("0.#####", CultureInfo.InvariantCulture) + " %";
}
