using System.Text.Json.Nodes;
using Longwire.Load.Results;

namespace Longwire.Load.Tests;

/// <summary>The format that report and people read.</summary>
public sealed class ResultFileTests
{
    [Fact]
    public void A_result_survives_its_file()
    {
        string json = ResultFile.ToJson(Result());

        Assert.Equal(json, ResultFile.ToJson(ResultFile.Parse(json, "test")));
    }

    [Fact]
    public void What_was_not_measured_is_absent_and_names_are_camel_case()
    {
        JsonObject run = JsonNode.Parse(ResultFile.ToJson(Result()))!["runs"]![0]!.AsObject();

        Assert.Equal(
            ["server", "protocol", "operations", "seconds", "counts", "cpu", "latencyMicroseconds", "points"],
            run.Select(static one => one.Key));
        Assert.Equal(
            """{"userSeconds":0.5,"systemSeconds":1.5,"totalSeconds":2.01}""", run["cpu"]!.ToJsonString());
        Assert.Equal("[[50,12],[99,40]]", run["latencyMicroseconds"]!["curve"]!.ToJsonString());
        Assert.Equal("""{"connections":10,"p99":40}""", run["points"]![0]!.ToJsonString());
    }

    [Theory]
    [InlineData(18.0, false)]
    [InlineData(19.5, true)]
    public void A_run_whose_clients_were_the_bottleneck_says_so(double clientSeconds, bool says)
    {
        LoadResult result = Result();
        result = result with { Runs = [result.Runs[0] with { ClientCpuSeconds = clientSeconds }] };

        Assert.Equal(
            says, Summary.Of(result).Contains("loop was busy for 97 % of the time", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("null")]
    public void Another_file_is_refused_by_name(string json)
    {
        ArgumentException refusal = Assert.Throws<ArgumentException>(() => ResultFile.Parse(json, "some.json"));

        Assert.Contains("some.json", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_version_is_refused()
    {
        string json = ResultFile.ToJson(Result() with { Format = "longwire-load/2" });

        Assert.Throws<ArgumentException>(() => ResultFile.Parse(json, "some.json"));
    }

    private static LoadResult Result() => new()
    {
        Scenario = "fanout",
        Title = "fan-out 1,000 × 128 B",
        Started = new DateTime(2026, 11, 24, 23, 50, 0, DateTimeKind.Utc),
        Machine = new MachineDescription
        {
            Os = "Linux",
            Cpu = "some",
            Cores = 2,
            MemoryBytes = 1L << 34,
            Runtime = ".NET 10",
        },
        Parameters = new JsonObject { ["connections"] = 1000, ["drop"] = "abort" },
        Runs =
        [
            new RunResult
            {
                Server = "longwire",
                Protocol = "pushlab",
                Operations = 123,
                Seconds = 20.1,
                Counts = new Dictionary<string, long> { ["missing"] = 0 },
                Cpu = new CpuTime { UserSeconds = 0.5, SystemSeconds = 1.5, TotalSeconds = 2.01 },
                LatencyMicroseconds = new LatencySummary
                {
                    Count = 123,
                    P50 = 12,
                    P90 = 30,
                    P99 = 40,
                    P999 = 40,
                    Max = 40,
                    Curve = [[50, 12], [99, 40]],
                },
                Points = [new StepPoint { Connections = 10, P99 = 40 }],
            },
        ],
        Comparison = new ComparisonResult
        {
            Baseline = "limit",
            Rows =
            [
                new ComparisonRow
                {
                    Server = "longwire",
                    Metric = Metrics.Cpu,
                    MedianRatio = 1.07,
                    Low = 1.03,
                    High = 1.12,
                    Pairs = 30,
                },
            ],
        },
        Good = true,
    };
}
