using System.CommandLine;

namespace Longwire.Load;

/// <summary>One publisher, many subscribers: does every message arrive, in order, at everyone, and how late?</summary>
internal static class FanoutScenario
{
    private static readonly TimeSpan s_arrival = TimeSpan.FromSeconds(30); // what was published last may take so long
    private static readonly TimeSpan s_progress = TimeSpan.FromSeconds(10);

    private static readonly Option<double> s_rate = new("--rate")
    {
        Description = "messages a second (open loop: latency counts from when a message was due)",
        DefaultValueFactory = static _ => 10,
    };

    private static readonly Option<int> s_window = TargetOptions.Count(
        "--window", 0, 0, "messages in flight instead of a rate (closed loop); 0 is a rate");

    private static readonly Option<int> s_size = TargetOptions.Count(
        "--size", 128, PushMessage.HeaderBytes, "payload bytes of a message");

    private static readonly Option<TimeSpan> s_duration = TargetOptions.Time(
        "--duration", TimeSpan.FromSeconds(30), "how long to publish");

    private static readonly Option<TimeSpan> s_settle = TargetOptions.Time(
        "--settle", TimeSpan.Zero, "time between the last subscription and the first message");

    private static readonly Option<int> s_stalled = TargetOptions.Count(
        "--stalled", 0, 0, "subscribers that stop reading at the start");

    private static readonly Option<TimeSpan> s_stallFor = TargetOptions.Time(
        "--stall-for", TimeSpan.FromSeconds(10), "after which they read on");

    internal static Command Command { get; } = TargetOptions.Scenario(
        "fanout", "one publisher, many subscribers", RunAsync, s_rate, s_window, s_size, s_duration, s_settle,
        s_stalled, s_stallFor);

    private static async Task<int> RunAsync(Target target, ParseResult arguments, CancellationToken cancellation)
    {
        int size = arguments.GetValue(s_size);
        int window = arguments.GetValue(s_window);
        int stalled = arguments.GetValue(s_stalled);
        await using var population = new Population(target.Connections, stalled, size);
        await population.ConnectAsync(target);
        await Task.Delay(arguments.GetValue(s_settle), cancellation);
        ServerProcess.Sample start = target.Process?.Read() ?? default;
        var resident = new List<long>();
        Task stall = StallAsync(population, stalled, arguments.GetValue(s_stallFor), cancellation);
        using (Pacer? pacer = window > 0 ? null : await population.BeginRateAsync(arguments.GetValue(s_rate)))
        {
            if (window > 0)
                await population.Loop.InvokeAsync(() => population.Broadcast.BeginWindow(window, population.Readers));
            await WatchAsync(population, target, arguments.GetValue(s_duration), resident, cancellation);
        }
        await population.Loop.InvokeAsync(population.Broadcast.Stop);
        await stall;
        await population.WaitAsync(
            () => population.Subscribers.All(one => one.LastSequence == population.Broadcast.Published), s_arrival);
        ServerProcess.Sample end = target.Process?.Read() ?? default;
        await population.CountMissingAsync();
        return await population.Loop.InvokeAsync(() =>
        {
            Report report = Sum(population, target, size, stalled);
            if (window > 0)
                report.Add("window", window);
            else
                report.Add("rate", arguments.GetValue(s_rate));
            if (target.Process is not null)
                report.AddServer(start, end, population.Tally.Deliveries).Add("serverRssSeriesBytes", resident);
            return report.Finish(target.Json);
        });
    }

    private static async Task StallAsync(
        Population population, int stalled, TimeSpan time, CancellationToken cancellation)
    {
        if (stalled == 0)
            return;
        await population.PauseStallingAsync(pause: true);
        await Task.Delay(time, cancellation);
        await population.PauseStallingAsync(pause: false);
    }

    private static async Task WatchAsync(
        Population population, Target target, TimeSpan duration, List<long> resident, CancellationToken cancellation)
    {
        long started = TimeProvider.System.GetTimestamp();
        long before = 0;
        while (TimeProvider.System.GetElapsedTime(started) is var elapsed && elapsed < duration)
        {
            TimeSpan next = duration - elapsed < s_progress ? duration - elapsed : s_progress;
            await Task.Delay(next, cancellation);
            population.Loop.ThrowIfFaulted();
            long deliveries = population.Tally.Deliveries;
            double rate = (deliveries - before) / next.TotalSeconds;
            before = deliveries;
            string line = $"{(elapsed + next).TotalSeconds,6:F0} s  {population.Broadcast.Published,8} published  "
                + $"{deliveries,12} delivered  {rate,9:F0}/s  {population.Tally.Missing} missing";
            if (target.Process is not null)
            {
                resident.Add(target.Process.Read().ResidentBytes);
                line += $"  server {resident[^1] / 1048576.0:F1} MiB";
            }
            Console.WriteLine(line);
        }
    }

    private static Report Sum(Population population, Target target, int size, int stalled)
    {
        Tally tally = population.Tally;
        Subscriber[] stalling = [.. population.Subscribers.Where(static one => one.IsStalling)];
        bool final = Array.TrueForAll(stalling, one => one.LastSequence == population.Broadcast.Published);
        Report report = new Report("fanout")
            .Add("connections", target.Connections).Add("size", size)
            .Add("published", population.Broadcast.Published)
            .Add("deliveries", tally.Deliveries)
            .Add("missing", tally.Missing).Add("outOfOrder", tally.OutOfOrder).Add("corrupted", tally.Corrupted)
            .Add("lostConnections", population.Broadcast.Lost)
            .AddLatency(tally.Latency)
            .Add("driverHolds", population.Loop.Holds);
        if (stalled > 0)
        {
            report.Add("stalled", stalled).Add("stalledSkipped", stalling.Sum(static one => one.Skipped))
                .Add("stalledHaveLast", final);
        }
        report.IsGood = tally.IsClean && population.Broadcast.Lost == 0 && final;
        return report;
    }
}
