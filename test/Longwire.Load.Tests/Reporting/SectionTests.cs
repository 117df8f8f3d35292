using System.Text.Json.Nodes;
using Longwire.Load.Reporting;
using Longwire.Load.Results;

namespace Longwire.Load.Tests.Reporting;

/// <summary>What may share a table, under which names, and what is drawn of it.</summary>
public sealed class SectionTests
{
    [Fact]
    public void Only_what_was_measured_alike_shares_a_section()
    {
        Source first = Measured("a.json", "limit");
        Source alike = Measured("b.json", "kestrel");
        Source[] others =
        [
            With(first, first.Result with { Scenario = "ingest" }),
            With(first, first.Result with { Title = "after the change" }),
            With(first, first.Result with { Parameters = new JsonObject { ["size"] = 1 } }),
            With(first, first.Result with { Machine = first.Result.Machine with { Commit = "other" } }),
        ];

        IReadOnlyList<Section> sections = Section.Of([first, .. others, alike]);

        Assert.Equal([2, 1, 1, 1, 1], sections.Select(static section => section.Entries.Count));
        Assert.Equal("a.json, b.json", sections[0].Files);
    }

    [Fact]
    public void A_server_that_ran_twice_says_what_tells_its_runs_apart()
    {
        Source first = Measured("a.json", "longwire");
        Source mqtt = With(first, first.Result with { Runs = [first.Result.Runs[0] with { Protocol = "mqtt" }] });

        Section section = Assert.Single(Section.Of([first, Measured("b.json", "longwire"), mqtt]));

        Assert.Equal(
            ["longwire, mqtt", "longwire, pushlab, a.json", "longwire, pushlab, b.json"],
            section.Entries.Select(static entry => entry.Label).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_baseline_comes_first_and_then_the_cheapest()
    {
        Source source = Measured("a.json", "dear", "cheap", "limit");
        source = With(source, source.Result with
        {
            Comparison = new ComparisonResult
            {
                Baseline = "limit",
                Rows =
                [
                    Ratio("dear", "latency p99", 0.5), Ratio("dear", "cpu per operation", 2),
                    Ratio("cheap", "cpu per operation", 1.1),
                ],
            },
        });

        Section section = Assert.Single(Section.Of([source]));

        Assert.Equal(["limit", "cheap", "dear"], section.Entries.Select(static entry => entry.Label));
        Assert.Equal(["cpu per operation", "latency p99"], section.Metrics);
        var bars = (BarChart)SectionCharts.Of(section, new Palette([section])).First(static chart => chart is BarChart);
        Assert.Equal(["limit", "cheap", "dear"], bars.Bars.Select(static bar => bar.Label));
        Assert.Equal("4.00\u00A0µs, 2.00× (1.90–2.10)", bars.Bars[2].Note);
    }

    [Fact]
    public void Fifteen_servers_look_different_and_only_one_baseline_has_the_colour_of_the_text()
    {
        string[] field = [.. Enumerable.Range(0, 15).Select(static i => $"server {i}")];
        Source[] sources =
        [
            ComparedTo("server 1", "other", field[1], field[0]), // a section with a baseline of its own
            ComparedTo("server 0", "field", field),
            ComparedTo("server 0", "again", field),
        ];

        var palette = new Palette(Section.Of(sources));

        ServerStyle[] styles = [.. field.Select(label => palette[label])];
        Assert.Equal(15, styles.DistinctBy(static style => (style.Color, style.IsHatched)).Count());
        Assert.Equal(15, styles.DistinctBy(static style => (style.Color, string.Join(' ', style.Dashes))).Count());
        Assert.Equal(styles[0], Assert.Single(styles, static style => style.Color == "#1B1F24"));
    }

    [Fact]
    public void The_exact_total_is_split_as_the_coarse_ticks_are()
    {
        CpuCost cost = Measured("a.json", "limit").Result.Runs[0].CpuPerOperation!.Value;

        Assert.Equal(4, cost.Total, 9);
        Assert.Equal(1, cost.User, 9);
        Assert.Equal(3, cost.Kernel, 9);
    }

    [Fact]
    public void A_run_without_operations_has_no_cost_and_no_rate()
    {
        RunResult run = Measured("a.json", "limit").Result.Runs[0] with { Operations = 0 };

        Assert.Null(run.CpuPerOperation);
        Assert.Null(run.Throughput);
    }

    [Fact]
    public void What_an_axis_cannot_show_is_left_out()
    {
        Source source = Measured("a.json", "limit");
        var latency = new LatencySummary
        {
            Count = 4,
            P50 = 2,
            P90 = 3,
            P99 = 3,
            P999 = 3,
            Max = 9,
            Curve = [[0, 0], [10, 1], [50, 2], [90, 3], [100, 9]],
        };
        source = With(source, source.Result with
        {
            Runs =
            [
                source.Result.Runs[0] with
                {
                    LatencyMicroseconds = latency,
                    Series = [Window(1, 10), Window(1, 5), Window(3, 10)],
                },
            ],
        });
        Section section = Assert.Single(Section.Of([source]));
        ILookup<string, LineChart> charts = SectionCharts.Of(section, new Palette([section])).OfType<LineChart>()
            .ToLookup(static chart => chart.Kind);

        Assert.Equal([(1, 10), (2, 50), (3, 90)], charts["latency"].Single().Lines[0].Points);
        Assert.Equal([(1, 10), (3, 5)], charts["throughput"].Single().Lines[0].Points);
    }

    private static Source With(Source source, LoadResult result) => new(source.File, result);

    private static Source ComparedTo(string baseline, string title, params string[] servers)
    {
        Source source = Measured($"{title}.json", servers);
        var comparison = new ComparisonResult { Baseline = baseline, Rows = [] };
        return With(source, source.Result with { Title = title, Comparison = comparison });
    }

    private static Source Measured(string file, params string[] servers) => new(file, new LoadResult
    {
        Scenario = "fanout",
        Title = "fan-out",
        Started = new DateTime(2026, 11, 25, 0, 0, 0, DateTimeKind.Utc),
        Machine = new MachineDescription { Os = "os", Cpu = "cpu", Cores = 2, MemoryBytes = 1 << 30, Runtime = ".NET" },
        Parameters = new JsonObject { ["size"] = 128 },
        Runs = [.. servers.Select(Run)],
        Good = true,
    });

    private static RunResult Run(string server) => new()
    {
        Server = server,
        Protocol = "pushlab",
        Operations = 1_000_000,
        Seconds = 20,
        Counts = new Dictionary<string, long>(),
        Cpu = new CpuTime { UserSeconds = 0.9, SystemSeconds = 2.7, TotalSeconds = 4 },
    };

    private static ComparisonRow Ratio(string server, string metric, double ratio) => new()
    {
        Server = server,
        Metric = metric,
        MedianRatio = ratio,
        Low = ratio * 0.95,
        High = ratio * 1.05,
        Pairs = 15,
    };

    private static SeriesPoint Window(double seconds, long operations) =>
        new() { Seconds = seconds, Operations = operations };
}
