using System.CommandLine;
using Longwire.Load.Crews;
using Longwire.Load.Results;
using Longwire.Load.Servers;
using Longwire.Load.Workloads;

namespace Longwire.Load.Scenarios;

/// <summary>A scenario against one server.</summary>
internal sealed class ScenarioCommand
{
    private readonly Scenario _scenario;
    private readonly TargetOptions _target = new();
    private readonly RunOptions _run;
    private readonly Option<TimeSpan> _duration = OptionTypes.Time(
        "--duration", TimeSpan.FromSeconds(20), "how long to go on");

    private readonly Option<TimeSpan> _warmUp = OptionTypes.Time(
        "--warmup", TimeSpan.Zero, "how long to work first without measuring");

    private readonly Option<bool> _strace = new("--strace")
    {
        Description = "count the server's system calls by strace, which slows it down: such a run times nothing",
    };

    private ScenarioCommand(Scenario scenario)
    {
        _scenario = scenario;
        _run = new RunOptions(scenario.UsualSettle);
    }

    internal static Command Create(Scenario scenario)
    {
        var options = new ScenarioCommand(scenario);
        var command = new Command(scenario.Name, scenario.Description);
        options._target.AddTo(command);
        command.Add(Scenario.Connections);
        foreach (Option option in scenario.Options)
            command.Add(option);
        if (!scenario.MeasuresMemory)
        {
            command.Add(options._duration);
            command.Add(options._warmUp);
            command.Add(options._strace);
        }
        options._run.AddTo(command);
        command.SetAction(options.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellation)
    {
        DateTime started = TimeProvider.System.GetUtcNow().UtcDateTime;
        await using Target target = await _target.OpenAsync(arguments);
        if (target.Process is null && (_scenario.MeasuresMemory || arguments.GetValue(_strace)))
        {
            string what = _scenario.MeasuresMemory ? "idle reads the server's memory" : "--strace counts its calls";
            throw new ArgumentException($"{what}: say its process by --server-pid, or use --start.");
        }
        LoadPlan plan = _scenario.Plan(arguments, target.Address, target.Protocol);
        await using IWorkload workload = Crew.Create(plan, _run.PerProcess(arguments), apart: false);
        RunResult run = await RunAsync(target, plan, workload, arguments, cancellation);
        LoadResult result = Measured.Result(_scenario, plan, _run.Title(arguments), started, [run]);
        return _run.Finish(result, arguments);
    }

    private async Task<RunResult> RunAsync(
        Target target, LoadPlan plan, IWorkload workload, ParseResult arguments, CancellationToken cancellation)
    {
        TimeSpan duration = arguments.GetValue(_duration);
        TimeSpan settle = _run.Settle(arguments);
        int[]? steps = _scenario.Steps(arguments);
        var progress = Progress.Of(arguments);
        if (_scenario.MeasuresMemory)
            return await SteppedRun.MemoryAsync(target, workload, steps!, settle, progress, cancellation);
        await workload.ConnectAsync(steps?[0] ?? plan.Connections);
        progress.Say($"{steps?[0] ?? plan.Connections} connected");
        await Task.Delay(settle, cancellation);
        if (arguments.GetValue(_warmUp) is { Ticks: > 0 } warmUp)
            await Meter.MeasureAsync(workload, target.Process, warmUp, null, cancellation);
        return steps is null
            ? await TimedRun.RunAsync(
                target, workload, duration, arguments.GetValue(_strace), progress, cancellation)
            : await SteppedRun.RampAsync(target, workload, steps, duration, progress, cancellation);
    }
}
