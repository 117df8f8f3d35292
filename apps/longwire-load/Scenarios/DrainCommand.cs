using System.CommandLine;
using System.Text.Json.Nodes;
using Longwire.Load.Connections;
using Longwire.Load.Protocols;
using Longwire.Load.Results;
using Longwire.Load.Servers;
using Longwire.Load.Workloads;

namespace Longwire.Load.Scenarios;

/// <summary>
/// The server is ended by SIGTERM while some subscribers stall with full outboxes: everyone who reads gets all that was
/// published and a FIN, a RST goes to the stalled only, and the server ends in time and with code 0.
/// </summary>
internal sealed class DrainCommand
{
    private const int FillBytes = 16 << 10;
    private const int FillMessages = 40; // 640 KiB: the outbox and what the kernel holds on both sides, and more
    private const int BurstBytes = 128;

    private static readonly TimeSpan s_fillTime = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_exitTime = TimeSpan.FromSeconds(1);

    private readonly TargetOptions _target = new();
    private readonly RunOptions _run = new(TimeSpan.Zero);
    private readonly Option<int> _stalled = OptionTypes.Count("--stalled", 100, 0, "subscribers that never read");
    private readonly Option<int> _burst = OptionTypes.Count(
        "--burst", 200, 1, "messages that are published just before the server is told to end");

    private readonly Option<TimeSpan> _deadline = OptionTypes.Time(
        "--deadline", TimeSpan.FromSeconds(20), "until when the server must have ended");

    internal static Command Create()
    {
        var options = new DrainCommand();
        var command = new Command("drain", "end the server by SIGTERM while some subscribers stall");
        options._target.AddTo(command);
        command.Add(Scenario.Connections);
        foreach (Option option in (Option[])[options._stalled, options._burst, options._deadline])
            command.Add(option);
        options._run.AddTo(command);
        command.SetAction(options.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellation)
    {
        DateTime started = TimeProvider.System.GetUtcNow().UtcDateTime;
        int connections = arguments.GetValue(Scenario.Connections);
        int stalled = arguments.GetValue(_stalled);
        if (stalled >= connections)
            throw new ArgumentException($"--stalled {stalled} leaves none of {connections} --connections that reads.");
        if (connections > _run.PerProcess(arguments))
        {
            throw new ArgumentException(
                $"drain watches all --connections from one process, which holds {_run.PerProcess(arguments)}: give "
                + "fewer, or a higher --per-process (and ulimit -n).");
        }
        await using Target target = await _target.OpenAsync(arguments);
        if (target.Process is null)
            throw new ArgumentException("drain ends the server: say its process by --server-pid, or use --start.");
        var plan = new LoadPlan
        {
            Kind = WorkloadKind.Fanout,
            Server = target.Address,
            Protocol = target.Protocol.Name,
            Connections = connections,
            Share = connections,
            Subscribers = connections,
            PublishersOfAll = 1,
            Stalled = stalled,
            Size = FillBytes,
        };
        await using var workload = new FanoutWorkload(plan);
        RunResult run = await RunAsync(
            target, workload, arguments.GetValue(_burst), arguments.GetValue(_deadline), Progress.Of(arguments),
            cancellation);
        var parameters = new JsonObject
        {
            ["connections"] = connections,
            ["stalled"] = stalled,
            ["burst"] = arguments.GetValue(_burst),
        };
        string title = _run.Title(arguments) ?? $"drain {connections}, {stalled} stalled";
        return _run.Finish(Measured.Result("drain", title, parameters, started, [run]), arguments);
    }

    private static async Task<RunResult> RunAsync(
        Target target, FanoutWorkload workload, int burst, TimeSpan deadline, Progress progress,
        CancellationToken cancellation)
    {
        TimeProvider time = TimeProvider.System;
        await workload.ConnectAsync(workload.Plan.Connections);
        await workload.PauseStallingAsync(pause: true);
        await FillAsync(workload, cancellation);
        int behind = await BurstAsync(workload, burst);
        progress.Say($"SIGTERM, while {behind} readers still lack some of the burst");
        long signalled = time.GetTimestamp();
        target.Terminate();
        await workload.WaitAsync(() => !AnyOpen(workload, stalling: false), deadline);
        TimeSpan drained = time.GetElapsedTime(signalled);
        await workload.WaitAsync(() => !target.Process!.IsAlive, deadline - drained);
        TimeSpan ended = time.GetElapsedTime(signalled);
        bool isInTime = !target.Process!.IsAlive;
        int? exitCode = await target.WaitForExitAsync(s_exitTime);
        // What the kernel holds for them comes first, and then how it ended: RST, if the server told the truth.
        await workload.PauseStallingAsync(pause: false);
        await workload.WaitAsync(() => !AnyOpen(workload, stalling: true), deadline);
        Slice slice = await workload.Loop.InvokeAsync(() => Sum(workload));
        slice.Count("readersBehindAtSignal", behind).Count(CountNames.NotEnded, isInTime ? 0 : 1)
            .Count("drainedAfterMilliseconds", (long)drained.TotalMilliseconds)
            .Count("endedAfterMilliseconds", (long)ended.TotalMilliseconds)
            .Count(CountNames.ExitCode, exitCode ?? 0);
        return Measured.Run(target, new Measurement(slice, ended.TotalSeconds, Cpu: null)) with
        {
            LatencyMicroseconds = null,
        };
    }

    /// <summary>One message at a time to all who read, so that only those who stall fall behind.</summary>
    private static async Task FillAsync(FanoutWorkload workload, CancellationToken cancellation)
    {
        for (int i = 0; i < FillMessages; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            await workload.Loop.InvokeAsync(PublishNow(workload));
            if (!await workload.WaitAsync(() => Behind(workload) == 0, s_fillTime))
                throw new InvalidOperationException("The readers did not get what fills the stalled outboxes.");
        }
    }

    /// <summary>Publishes at once; returns how many readers lack some of it when the server has read it all.</summary>
    private static async Task<int> BurstAsync(FanoutWorkload workload, int burst)
    {
        Publisher publisher = workload.Publishers[0];
        await workload.Loop.InvokeAsync(() =>
        {
            publisher.MessageBytes = BurstBytes;
            for (int i = 0; i < burst; i++)
                PublishNow(workload)();
            publisher.ProbeAll();
        });
        await workload.WaitAsync(() => publisher.IsProbed, s_fillTime);
        return await workload.Loop.InvokeAsync(() => Behind(workload));
    }

    private static Action PublishNow(FanoutWorkload workload) =>
        () => workload.Publishers[0].Publish(TimeProvider.System.GetTimestamp());

    private static int Behind(FanoutWorkload workload)
    {
        long[] published = [workload.Publishers[0].Published];
        return workload.Subscribers.Count(one => one.IsReader && !workload.Deliveries.HasAll(one.Place, published));
    }

    private static bool AnyOpen(FanoutWorkload workload, bool stalling) => workload.Subscribers.Any(
        one => one.IsStalling == stalling && one.Ending == Ending.None);

    private static Slice Sum(FanoutWorkload workload)
    {
        Subscriber[] readers = [.. workload.Subscribers.Where(static one => one.IsReader)];
        Subscriber[] stalling = [.. workload.Subscribers.Where(static one => one.IsStalling)];
        Publisher publisher = workload.Publishers[0];
        foreach (Subscriber reader in readers)
            workload.Deliveries.GiveUp(reader.Place, [publisher.Published]);
        var slice = new Slice();
        workload.Deliveries.AddTo(slice);
        int readersFin = readers.Count(static one => one.Ending == Ending.Fin);
        int stalledReset = stalling.Count(static one => one.Ending == Ending.Reset);
        return slice.Count(CountNames.Published, publisher.Published)
            .Count("readersFin", readersFin).Count("stalledReset", stalledReset)
            .Count(CountNames.EndedOtherwise, readers.Length - readersFin + stalling.Length - stalledReset
                + (publisher.Ending == Ending.Fin ? 0 : 1));
    }
}
