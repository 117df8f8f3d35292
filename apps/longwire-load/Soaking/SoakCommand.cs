using System.CommandLine;
using System.Globalization;
using Longwire.Load.Crews;
using Longwire.Load.Results;
using Longwire.Load.Scenarios;
using Longwire.Load.Servers;
using Longwire.Load.Workloads;

namespace Longwire.Load.Soaking;

/// <summary>Fan-out or echo for hours, window after window, and nothing may grow.</summary>
internal sealed class SoakCommand
{
    private readonly Scenario _scenario;
    private readonly TargetOptions _target = new();
    private readonly RunOptions _run = new(TimeSpan.Zero);
    private readonly Option<TimeSpan> _duration = OptionTypes.Time(
        "--duration", TimeSpan.FromHours(1), "how long to go on");

    private readonly Option<TimeSpan> _every = OptionTypes.Time(
        "--every", TimeSpan.FromMinutes(1), "length of a window; after each, everything must have arrived");

    private readonly Option<double> _memory = OptionTypes.Number(
        "--memory-growth", 10, "percent that the server's resident memory may grow by");

    private readonly Option<int> _descriptors = OptionTypes.Count(
        "--descriptor-growth", 10, 0, "descriptors that the server may hold more");

    private readonly Option<double> _latency = OptionTypes.Number(
        "--latency-growth", 50, "percent that the p99 latency may grow by, and a millisecond more");

    private SoakCommand(Scenario scenario) => _scenario = scenario;

    internal static Command Create()
    {
        var command = new Command("soak", "a scenario for hours, with a check that nothing grows");
        foreach (Scenario scenario in Scenario.All.Where(static one => one is FanoutScenario or EchoScenario))
            command.Add(new SoakCommand(scenario).CreateOne());
        return command;
    }

    private Command CreateOne()
    {
        var command = new Command(_scenario.Name, _scenario.Description);
        _target.AddTo(command);
        command.Add(Scenario.Connections);
        foreach (Option option in _scenario.Options)
            command.Add(option);
        foreach (Option option in (Option[])[_duration, _every, _memory, _descriptors, _latency])
            command.Add(option);
        _run.AddTo(command);
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellation)
    {
        DateTime started = TimeProvider.System.GetUtcNow().UtcDateTime;
        TimeSpan every = arguments.GetValue(_every);
        int windows = (int)(arguments.GetValue(_duration) / every);
        if (windows < Growth.LeastWindows)
        {
            throw new ArgumentException(
                $"--duration holds {windows} windows of --every; growth shows in {Growth.LeastWindows} at least: give "
                + "a longer --duration or a shorter --every.");
        }
        if (_scenario.Steps(arguments) is not null)
            throw new ArgumentException("--ramp and soak exclude each other: a soak has one number of connections.");
        await using Target target = await _target.OpenAsync(arguments);
        if (target.Process is null)
            throw new ArgumentException("soak watches the server: say its process by --server-pid, or use --start.");
        LoadPlan plan = _scenario.Plan(arguments, target.Address, target.Protocol);
        await using IWorkload workload = Crew.Create(plan, _run.PerProcess(arguments), apart: false);
        await workload.ConnectAsync(plan.Connections);
        var progress = Progress.Of(arguments);
        RunResult run = await RunAsync(target, workload, windows, every, progress, cancellation);
        var limits = new GrowthLimits(
            arguments.GetValue(_memory), arguments.GetValue(_descriptors), arguments.GetValue(_latency));
        IReadOnlyList<string> grown = Growth.Find(run.Series!, limits);
        LoadResult result = Measured.Result(_scenario, plan, _run.Title(arguments), started, [run]);
        result.Parameters["soaked"] = _scenario.Name;
        result.Parameters["windowSeconds"] = every.TotalSeconds;
        foreach (string sentence in grown)
            progress.Say(sentence);
        return _run.Finish(result with { Scenario = "soak", Good = result.Good && grown.Count == 0 }, arguments);
    }

    /// <summary>Stops early after a window with an error: it will not become good again.</summary>
    private static async Task<RunResult> RunAsync(
        Target target, IWorkload workload, int windows, TimeSpan every, Progress progress,
        CancellationToken cancellation)
    {
        ServerProcess process = target.Process!;
        long residentStart = process.ResidentBytes;
        long started = TimeProvider.System.GetTimestamp();
        var series = new List<SeriesPoint>();
        var sum = new Slice();
        var cpu = default(CpuSample);
        double clientSeconds = 0;
        for (int window = 1; window <= windows; window++)
        {
            Measurement one = await Meter.MeasureAsync(workload, process, every, null, cancellation);
            sum.Add(one.Slice);
            cpu += one.Cpu ?? default;
            clientSeconds += one.ClientSeconds;
            var point = new SeriesPoint
            {
                Seconds = Math.Round(TimeProvider.System.GetElapsedTime(started).TotalSeconds, 1),
                Operations = one.Slice.Operations,
                ResidentBytes = process.ResidentBytes,
                Descriptors = process.Descriptors,
                P99 = Measured.Latency(one.Slice.Latency)?.P99,
            };
            series.Add(point);
            progress.Say(string.Create(
                CultureInfo.InvariantCulture,
                $"window {window} of {windows}: {point.Operations} operations, p99 {point.P99} µs, "
                + $"{point.ResidentBytes / 1048576.0:0.0} MiB, {point.Descriptors} descriptors"));
            if (one.Slice.Operations == 0 || !one.Slice.IsClean)
                break;
        }
        var all = new Measurement(sum, series[^1].Seconds, cpu) { ClientSeconds = clientSeconds };
        return Measured.Run(target, all) with
        {
            Series = series,
            Memory = new MemoryUse
            {
                ResidentStartBytes = residentStart,
                ResidentEndBytes = series[^1].ResidentBytes!.Value,
            },
        };
    }
}
