using System.CommandLine;
using Longwire.Load.Crews;
using Longwire.Load.Results;
using Longwire.Load.Scenarios;
using Longwire.Load.Servers;
using Longwire.Load.Workloads;

namespace Longwire.Load.Comparing;

/// <summary>One scenario over several servers: interleaved slices, paired ratios.</summary>
internal sealed class CompareCommand
{
    private readonly Scenario _scenario;
    private readonly RunOptions _run;
    private readonly Option<string[]> _servers = new("--server")
    {
        Description = "NAME=COMMAND or NAME:PROTOCOL=COMMAND, once per server; {port} in the command becomes a free "
            + "port, else the port is taken from what the server prints",
        Required = true,
    };

    private readonly Option<string?> _baseline = new("--baseline")
    {
        Description = "the server that the others are compared with; the first one if nothing is said",
    };

    private readonly Option<TimeSpan> _slice = OptionTypes.Time(
        "--slice", TimeSpan.FromSeconds(2), "how long one server works before it is the next one's turn");

    private readonly Option<int> _rounds = OptionTypes.Count(
        "--rounds", 15, 1, "rounds of two slices per server", 1000);

    private readonly Option<TimeSpan> _warmUp = OptionTypes.Time(
        "--warmup", TimeSpan.FromSeconds(5), "how long each server works first without being measured");

    private readonly Option<int> _seed = OptionTypes.Count("--seed", 1, 0, "of the bootstrap's random numbers");

    private CompareCommand(Scenario scenario)
    {
        _scenario = scenario;
        _run = new RunOptions(scenario.UsualSettle);
    }

    internal static Command Create()
    {
        var command = new Command("compare", "one scenario over several servers, in interleaved rounds");
        foreach (Scenario scenario in Scenario.All)
            command.Add(Create(scenario));
        return command;
    }

    private static Command Create(Scenario scenario)
    {
        var options = new CompareCommand(scenario);
        var command = new Command(scenario.Name, scenario.Description)
        {
            options._servers, options._baseline, Scenario.Connections,
        };
        foreach (Option option in scenario.Options)
            command.Add(option);
        if (!scenario.MeasuresMemory)
        {
            foreach (Option option in (Option[])[options._slice, options._rounds, options._warmUp, options._seed])
                command.Add(option);
        }
        options._run.AddTo(command);
        command.SetAction(options.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellation)
    {
        DateTime started = TimeProvider.System.GetUtcNow().UtcDateTime;
        ServerSpec[] specs = [.. arguments.GetValue(_servers)!.Select(ServerSpec.Parse)];
        int baseline = Baseline(specs, arguments.GetValue(_baseline));
        // All plans before the first server is started, so that what cannot work is said at once.
        LoadPlan[] plans = [.. specs.Select(one => _scenario.Plan(arguments, "127.0.0.1:1", one.Protocol))];
        foreach (LoadPlan plan in plans)
            Crew.Split(plan, _run.PerProcess(arguments));
        int[]? steps = _scenario.Steps(arguments);
        (IReadOnlyList<RunResult> runs, ComparisonResult comparison) = steps is null
            ? await InRoundsAsync(specs, baseline, arguments, cancellation)
            : await OneByOneAsync(specs, baseline, steps, arguments, cancellation);
        LoadResult result = Measured.Result(_scenario, plans[baseline], _run.Title(arguments), started, runs) with
        {
            Comparison = comparison,
        };
        if (steps is null)
        {
            result.Parameters["rounds"] = arguments.GetValue(_rounds);
            result.Parameters["sliceSeconds"] = arguments.GetValue(_slice).TotalSeconds;
        }
        return _run.Finish(result, arguments);
    }

    private async Task<(IReadOnlyList<RunResult> Runs, ComparisonResult Comparison)> InRoundsAsync(
        ServerSpec[] specs, int baseline, ParseResult arguments, CancellationToken cancellation)
    {
        var plan = new ComparisonPlan(
            arguments.GetValue(_warmUp), arguments.GetValue(_slice), arguments.GetValue(_rounds), baseline,
            arguments.GetValue(_seed));
        var progress = Progress.Of(arguments);
        var competitors = new List<Competitor>();
        try
        {
            foreach (ServerSpec spec in specs)
            {
                Competitor one = await OpenAsync(spec, arguments);
                competitors.Add(one);
                await one.Workload.ConnectAsync(arguments.GetValue(Scenario.Connections));
                progress.Say($"{spec.Name}: connected");
            }
            await Task.Delay(_run.Settle(arguments), cancellation);
            ComparisonResult comparison = await Comparer.RunAsync(competitors, plan, progress, cancellation);
            return ([.. competitors.Select(static one => one.ToRun())], comparison);
        }
        finally
        {
            await Task.WhenAll(competitors.Select(static one => one.DisposeAsync().AsTask()));
        }
    }

    /// <summary>What goes by number of connections has no rounds: one server after the other, each alone.</summary>
    private async Task<(IReadOnlyList<RunResult> Runs, ComparisonResult Comparison)> OneByOneAsync(
        ServerSpec[] specs, int baseline, int[] steps, ParseResult arguments, CancellationToken cancellation)
    {
        var progress = Progress.Of(arguments);
        var runs = new List<RunResult>();
        foreach (ServerSpec spec in specs)
        {
            await using Competitor one = await OpenAsync(spec, arguments);
            if (_scenario.MeasuresMemory)
            {
                runs.Add(await SteppedRun.MemoryAsync(
                    one.Target, one.Workload, steps, _run.Settle(arguments), progress, cancellation));
                continue;
            }
            await one.Workload.ConnectAsync(steps[0]);
            await one.MeasureAsync(arguments.GetValue(_warmUp), cancellation);
            runs.Add(await SteppedRun.RampAsync(
                one.Target, one.Workload, steps, arguments.GetValue(_slice), progress, cancellation));
        }
        return (runs, Comparer.Compare(runs, baseline, arguments.GetValue(_seed)));
    }

    private async Task<Competitor> OpenAsync(ServerSpec spec, ParseResult arguments)
    {
        Target target = await Target.StartAsync(spec.Name, spec.Protocol, spec.Command);
        LoadPlan plan = _scenario.Plan(arguments, target.Address, target.Protocol);
        return new Competitor(target, Crew.Create(plan, _run.PerProcess(arguments), apart: true));
    }

    private static int Baseline(ServerSpec[] specs, string? name)
    {
        string[] names = [.. specs.Select(static one => one.Name)];
        if (names.Distinct(StringComparer.Ordinal).Count() < names.Length)
            throw new ArgumentException("--server names must differ from each other.");
        int baseline = name is null ? 0 : Array.IndexOf(names, name);
        return baseline >= 0
            ? baseline
            : throw new ArgumentException($"--baseline '{name}' is none of the servers: {string.Join(", ", names)}.");
    }
}
