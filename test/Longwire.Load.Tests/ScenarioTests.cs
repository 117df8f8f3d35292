using Longwire.Load.Crews;
using Longwire.Load.Protocols;
using Longwire.Load.Results;
using Longwire.Load.Workloads;

namespace Longwire.Load.Tests;

/// <summary>Every scenario for a moment, against a real server, and against one that is wrong.</summary>
public sealed class ScenarioTests
{
    private static readonly string s_pushLab =
        Path.Combine(AppContext.BaseDirectory, "PushLab") + " --port {port} --loops 1";

    [Theory]
    [InlineData("fanout --connections 100 --window 2 --duration 200ms")]
    [InlineData("fanout --connections 100 --subscribers 10 --publishers 3 --size 16384 --duration 200ms --warmup 50ms")]
    [InlineData("fanout --connections 30 --rate 200 --stalled 3 --stall-for 100ms --duration 200ms")]
    [InlineData("fanout --connections 10 --rate 0.5 --duration 50ms")] // the first message is due at once
    [InlineData("echo --connections 20 --duration 200ms")]
    [InlineData("echo --connections 20 --rate 2000 --duration 200ms --warmup 50ms")]
    [InlineData("echo --ramp 1..5 --size 10000 --duration 50ms")]
    [InlineData("ingest --connections 5 --duration 100ms")]
    [InlineData("storm --connections 200 --duration 100ms")]
    [InlineData("storm --connections 20 --duration 50ms --drop close")]
    [InlineData("idle --steps 20,40 --settle 50ms")]
    // The server is this process, which other tests use meanwhile: what it grows by is not the scenario's.
    [InlineData("soak echo --connections 5 --duration 400ms --every 100ms --latency-growth 100000 --memory-growth 900 "
        + "--descriptor-growth 100000")]
    public async Task A_good_server_gives_a_good_result(string arguments)
    {
        await using PushServer server = await PushServer.StartAsync();

        (int code, LoadResult? result, string said) = await Captured.MeasureAsync(
            [.. arguments.Split(' '), "--server", server.Address, "--server-pid", $"{Environment.ProcessId}"]);

        Assert.True(code == 0 && result is { Good: true }, said);
        RunResult run = Assert.Single(result.Runs);
        Assert.True(run.Operations > 0);
        Assert.True(run.Cpu is { TotalSeconds: > 0 } || result.Scenario == "idle", said);
        Assert.True(run.Memory is null or { ResidentEndBytes: > 1 << 20 }, said);
    }

    [Theory]
    [InlineData(Fault.LosesMessages, "missing", "fanout --connections 20 --rate 200")]
    [InlineData(Fault.Repeats, "outOfOrder", "fanout --connections 20")]
    [InlineData(Fault.DamagesBodies, "corrupted", "fanout --connections 100")]
    [InlineData(Fault.DamagesBodies, "corrupted", "echo --connections 100")]
    [InlineData(Fault.DropsConnections, "lostConnections", "fanout --connections 20")]
    [InlineData(Fault.DropsConnections, "lostConnections", "ingest --connections 3")]
    public async Task A_server_that_is_wrong_is_found_out(Fault fault, string count, string arguments)
    {
        await using PushServer server = await PushServer.StartAsync(fault);

        (int code, LoadResult? result, string said) = await Captured.MeasureAsync(
            [.. arguments.Split(' '), "--duration", "200ms", "--server", server.Address]);

        Assert.True(code == 1 && result is { Good: false }, said);
        Assert.True(result.Runs[0].Counts[count] > 0, said);
    }

    [Fact]
    public async Task Clients_fit_into_several_processes_with_their_own_source_addresses()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux routes all of 127.0.0.0/8 without being told to.");
        await using PushServer server = await PushServer.StartAsync();

        (int code, LoadResult? result, string said) = await Captured.MeasureAsync(
        [
            .. "fanout --connections 40 --rate 100 --per-process 20 --duration 200ms".Split(' '), "--server",
            server.Address,
        ]);

        Assert.True(code == 0, said);
        Assert.Equal(0, result!.Runs[0].Operations % 40);
    }

    [Fact]
    public async Task Paced_requests_keep_the_rate_that_all_processes_share()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux routes all of 127.0.0.0/8 without being told to.");
        await using PushServer server = await PushServer.StartAsync();

        (int code, LoadResult? result, string said) = await Captured.MeasureAsync(
        [
            .. "echo --connections 40 --rate 500 --per-process 20 --duration 300ms".Split(' '), "--server",
            server.Address,
        ]);

        Assert.True(code == 0, said);
        RunResult run = result!.Runs[0];
        Assert.InRange(run.Operations, 1, (long)(500 * run.Seconds) + 2); // one is due at once in each process
        Assert.Equal(500.0, (double)result.Parameters["rate"]!);
    }

    [Fact]
    public async Task Started_servers_are_compared_and_ended()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Commands run by a shell, and processor time is read from /proc.");

        (int code, LoadResult? result, string said) = await Captured.MeasureAsync(
        [
            .. "compare echo --connections 5 --rounds 2 --slice 50ms --warmup 50ms".Split(' '),
            "--server", $"one={s_pushLab}", "--server", $"two={s_pushLab}",
        ]);

        Assert.True(code == 0, said);
        Assert.Equal(["one", "two"], result!.Runs.Select(static run => run.Server));
        ComparisonRow row = Assert.Single(result.Comparison!.Rows, static row => row.Metric == Metrics.Cpu);
        Assert.Equal(("two", 4), (row.Server, row.Pairs));
        Assert.InRange(row.MedianRatio, row.Low, row.High);
        Assert.Equal(4, result.Runs[0].Series!.Count);
    }

    [Fact]
    public async Task A_server_drains()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "SIGTERM and /proc.");

        (int code, LoadResult? result, string said) = await Captured.MeasureAsync(
            [.. "drain --connections 20 --stalled 0 --burst 50".Split(' '), "--start", s_pushLab]);

        Assert.True(code == 0, said);
        Assert.Equal(20, result!.Runs[0].Counts["readersFin"]);
    }

    [Fact]
    public async Task A_worker_does_as_it_is_told_line_by_line()
    {
        await using PushServer server = await PushServer.StartAsync();
        string plan = $$"""
            {"Kind":"Echo","Server":"{{server.Address}}","Protocol":"{{ClientProtocol.Default.Name}}","Connections":3,
            """.TrimEnd() + """ "Share":3,"Size":100}""";
        var input = new StringReader(string.Join('\n', plan, """{"Do":"Connect","Total":3}""", """{"Do":"Begin"}""",
            """{"Do":"Stop"}""", """{"Do":"Settle","Published":[]}"""));
        using var output = new StringWriter();

        await WorkerCommand.RunAsync(input, output);

        string[] answers = output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(4, answers.Length);
        Assert.Contains("\"Operations\":", answers[3], StringComparison.Ordinal);
    }

    [Fact]
    public void A_slice_survives_the_way_from_a_worker()
    {
        var slice = new Slice { Operations = 5 };
        slice.Count(CountNames.Missing, 2).Latency.RecordValue(1234);

        Slice copy = SliceMessage.From(slice).ToSlice();
        copy.Add(SliceMessage.From(slice).ToSlice());

        Assert.Equal((10, 4, 2), (copy.Operations, copy.Counts[CountNames.Missing], copy.Latency.TotalCount));
        Assert.Equal(slice.Latency.GetValueAtPercentile(50), copy.Latency.GetValueAtPercentile(50));
    }
}
