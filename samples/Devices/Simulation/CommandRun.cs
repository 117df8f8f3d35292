using System.Globalization;

namespace Longwire.Samples.Devices.Simulation;

/// <summary>Asks random devices at a rate, and counts what comes back.</summary>
internal sealed class CommandRun(DeviceServer server, IReadOnlyList<DeviceIdentity> devices, Random random)
{
    private static readonly TimeSpan s_beat = TimeSpan.FromMilliseconds(10);

    private readonly int[] _asked = new int[devices.Count];
    private long _reordered = server.ReorderedAnswers; // as of the last summary

    /// <summary>How long a command may take to be answered.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Sends <paramref name="rate"/> commands a second for a time, and waits for the last answer.</summary>
    public async Task<CommandSummary> RunAsync(int rate, TimeSpan duration)
    {
        int total = (int)(rate * duration.TotalSeconds);
        var outcomes = new Task<Outcome>[total];
        long started = TimeProvider.System.GetTimestamp();
        using var timer = new PeriodicTimer(s_beat);
        for (int sent = 0; sent < total;)
        {
            await timer.WaitForNextTickAsync();
            double due = TimeProvider.System.GetElapsedTime(started).TotalSeconds * rate;
            for (int until = (int)Math.Min(due, total); sent < until; sent++)
                outcomes[sent] = AskAsync(random.Next(devices.Count));
        }
        return Sum(await Task.WhenAll(outcomes), TimeProvider.System.GetElapsedTime(started));
    }

    /// <summary>Sends a device several commands at one time.</summary>
    public async Task<CommandSummary> BurstAsync(int device, int commands)
    {
        long started = TimeProvider.System.GetTimestamp();
        Outcome[] outcomes = await Task.WhenAll(Enumerable.Range(0, commands).Select(_ => AskAsync(device)));
        return Sum(outcomes, TimeProvider.System.GetElapsedTime(started));
    }

    /// <summary>The k-th command to a device says k; the device says how many it has had by then.</summary>
    private async Task<Outcome> AskAsync(int device)
    {
        int number = ++_asked[device];
        long asked = TimeProvider.System.GetTimestamp();
        string command = $"report {number}";
        DeviceAnswer answer = await server.AskAsync(devices[device].Name, command, Deadline);
        TimeSpan took = TimeProvider.System.GetElapsedTime(asked);
        if (answer.Status != AnswerStatus.Answered)
            return new(device, number, answer.Status, IsFromDevice: false, Place: 0, took);
        string[] said = answer.Text.Split(' ', 3);
        bool isFromDevice = said.Length == 3 && said[0] == devices[device].Name && said[2] == command;
        int place = isFromDevice ? int.Parse(said[1], CultureInfo.InvariantCulture) : 0;
        return new(device, number, answer.Status, isFromDevice, place, took);
    }

    private CommandSummary Sum(Outcome[] outcomes, TimeSpan duration)
    {
        long reorderedBefore = _reordered;
        _reordered = server.ReorderedAnswers;
        Outcome[] right = [.. outcomes.Where(static one => one.IsFromDevice)];
        TimeSpan[] times = [.. right.Select(static one => one.Took).Order()];
        return new CommandSummary
        {
            Commands = outcomes.Length,
            Duration = duration,
            Right = right.Length,
            Wrong = outcomes.Count(static one => one is { Status: AnswerStatus.Answered, IsFromDevice: false }),
            OutOfOrder = right.GroupBy(static one => one.Device).Sum(OutOfOrder)
                + (int)(_reordered - reorderedBefore),
            Late = outcomes.Count(static one => one.Status == AnswerStatus.TimedOut),
            Unanswered = outcomes.Count(static one =>
                one.Status is not (AnswerStatus.Answered or AnswerStatus.TimedOut)),
            Median = times.ElementAtOrDefault(times.Length / 2),
            Slowest = times.LastOrDefault(),
        };
    }

    /// <summary>Commands of one device that it had before one that was sent earlier.</summary>
    private static int OutOfOrder(IEnumerable<Outcome> ofOneDevice)
    {
        Outcome[] sent = [.. ofOneDevice.OrderBy(static one => one.Number)];
        return sent.Zip(sent.Skip(1)).Count(static pair => pair.Second.Place <= pair.First.Place);
    }

    private readonly record struct Outcome(
        int Device, int Number, AnswerStatus Status, bool IsFromDevice, int Place, TimeSpan Took);
}

/// <summary>What became of the commands of a run.</summary>
internal sealed record CommandSummary
{
    public int Commands { get; init; }

    public TimeSpan Duration { get; init; }

    /// <summary>Answered by the device that was asked, for this command.</summary>
    public int Right { get; init; }

    /// <summary>Answered by another device, or for another command.</summary>
    public int Wrong { get; init; }

    /// <summary>Reached their device, or came back from it, in another order than they were sent.</summary>
    public int OutOfOrder { get; init; }

    /// <summary>Not answered by the deadline.</summary>
    public int Late { get; init; }

    /// <summary>Not sent, or the device went away.</summary>
    public int Unanswered { get; init; }

    /// <summary>From the question to the answer.</summary>
    public TimeSpan Median { get; init; }

    public TimeSpan Slowest { get; init; }

    public bool IsFaultless => Right == Commands && OutOfOrder == 0;

    public override string ToString()
    {
        (double median, double slowest) = (Median.TotalMilliseconds, Slowest.TotalMilliseconds);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"""
            {Commands} commands in {Duration.TotalSeconds:0.0} s:
            {Right} right, {Wrong} wrong, {OutOfOrder} out of order, {Late} late,
            {Unanswered} unanswered; {median:0.00} ms to the answer, {slowest:0.00} ms to the slowest
            """);
    }
}
