using System.CommandLine;

namespace Longwire.Load;

/// <summary>
/// The server is told to end while some subscribers stall with full outboxes: everyone who reads gets all that was
/// published and a FIN, and a RST goes to the stalled only.
/// </summary>
internal static class DrainScenario
{
    private const int FillBytes = 16 << 10;
    private const int FillMessages = 40; // 640 KiB: the outbox and what the kernel holds on both sides, and more
    private const int BurstBytes = 128;

    private static readonly TimeSpan s_fillTime = TimeSpan.FromSeconds(60);

    private static readonly Option<int> s_stalled = TargetOptions.Count(
        "--stalled", 100, 0, "subscribers that never read");

    private static readonly Option<int> s_burst = TargetOptions.Count(
        "--burst", 200, 1, "messages that are published just before the server is told to end");

    private static readonly Option<TimeSpan> s_deadline = TargetOptions.Time(
        "--deadline", TimeSpan.FromSeconds(20), "until when the server must have ended");

    internal static Command Command { get; } = TargetOptions.Scenario(
        "drain", "some subscribers stall, and on the line 'signal now' the server is to be ended by SIGTERM", RunAsync,
        s_stalled, s_burst, s_deadline);

    private static async Task<int> RunAsync(Target target, ParseResult arguments, CancellationToken cancellation)
    {
        ServerProcess process = target.Process
            ?? throw new ArgumentException("drain watches the server's end: give --server-pid.");
        TimeSpan deadline = arguments.GetValue(s_deadline);
        int burst = arguments.GetValue(s_burst);
        await using var population = new Population(target.Connections, arguments.GetValue(s_stalled), FillBytes);
        await population.ConnectAsync(target);
        await population.PauseStallingAsync(pause: true);
        await FillAsync(population);
        int behind = await BurstAsync(population, burst);
        Console.WriteLine("signal now");
        long signalled = TimeProvider.System.GetTimestamp();
        await population.WaitAsync(() => !AnyOpen(population, stalling: false), deadline);
        TimeSpan drained = TimeProvider.System.GetElapsedTime(signalled);
        await population.WaitAsync(() => !process.IsAlive, deadline - drained);
        TimeSpan ended = TimeProvider.System.GetElapsedTime(signalled);
        // What the kernel holds for them comes first, and then how it ended: RST, if the server told the truth.
        await population.PauseStallingAsync(pause: false);
        await population.WaitAsync(() => !AnyOpen(population, stalling: true), deadline);
        await population.CountMissingAsync();
        Report report = await population.Loop.InvokeAsync(() => Sum(population));
        bool inTime = !process.IsAlive;
        report.Add("readersBehindAtSignal", behind)
            .Add("readersDrainedAfterSeconds", Math.Round(drained.TotalSeconds, 2))
            .Add("serverEndedAfterSeconds", Math.Round(ended.TotalSeconds, 2))
            .Add("serverEndedInTime", inTime);
        report.IsGood &= inTime;
        return report.Finish(target.Json);
    }

    /// <summary>One message at a time to all who read, so that only those who stall fall behind.</summary>
    private static async Task FillAsync(Population population)
    {
        for (int i = 0; i < FillMessages; i++)
        {
            await population.Loop.InvokeAsync(population.Broadcast.PublishNow);
            if (!await population.WaitAsync(() => HaveAll(population), s_fillTime))
                throw new InvalidOperationException("The readers did not get what fills the stalled outboxes.");
        }
    }

    /// <summary>Publishes at once; returns how many readers lack some of it when the server has read it all.</summary>
    private static async Task<int> BurstAsync(Population population, int burst)
    {
        await population.Loop.InvokeAsync(() =>
        {
            population.Broadcast.MessageBytes = BurstBytes;
            for (int i = 0; i < burst; i++)
                population.Broadcast.PublishNow();
            population.Broadcast.AskForEcho();
        });
        await population.WaitAsync(() => population.Broadcast.HasEcho, s_fillTime);
        return await population.Loop.InvokeAsync(() => population.Subscribers.Count(
            one => !one.IsStalling && one.LastSequence < population.Broadcast.Published));
    }

    private static bool HaveAll(Population population) => population.Subscribers.All(
        one => one.IsStalling || one.LastSequence == population.Broadcast.Published);

    private static bool AnyOpen(Population population, bool stalling) => population.Subscribers.Any(
        one => one.IsStalling == stalling && one.Ending == Ending.None);

    private static Report Sum(Population population)
    {
        Tally tally = population.Tally;
        Subscriber[] readers = [.. population.Subscribers.Where(static one => !one.IsStalling)];
        Subscriber[] stalling = [.. population.Subscribers.Where(static one => one.IsStalling)];
        Report report = new Report("drain")
            .Add("readers", readers.Length).Add("published", population.Broadcast.Published)
            .Add("missing", tally.Missing).Add("outOfOrder", tally.OutOfOrder).Add("corrupted", tally.Corrupted)
            .Add("readersFin", readers.Count(static one => one.Ending == Ending.Fin))
            .Add("readersReset", readers.Count(static one => one.Ending == Ending.Reset))
            .Add("stalled", stalling.Length)
            .Add("stalledFin", stalling.Count(static one => one.Ending == Ending.Fin))
            .Add("stalledReset", stalling.Count(static one => one.Ending == Ending.Reset))
            .Add("publisherEnding", population.Broadcast.Ending.ToString());
        report.IsGood = tally.IsClean
            && Array.TrueForAll(readers, static one => one.Ending == Ending.Fin)
            && Array.TrueForAll(stalling, static one => one.Ending == Ending.Reset)
            && population.Broadcast.Ending == Ending.Fin;
        return report;
    }
}
