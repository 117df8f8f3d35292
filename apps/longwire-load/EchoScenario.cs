using System.CommandLine;
using HdrHistogram;
using Longwire.Primitives;
using Longwire.Transport;

namespace Longwire.Load;

/// <summary>
/// Every connection has one request outstanding: how long does an answer take, and what does it cost?
/// </summary>
internal static class EchoScenario
{
    private const long MostMicroseconds = 3_600_000_000;

    private static readonly Option<int> s_size = TargetOptions.Count("--size", 100, 1, "payload bytes of a request");

    private static readonly Option<TimeSpan> s_duration = TargetOptions.Time(
        "--duration", TimeSpan.FromSeconds(10), "how long to go on");

    internal static Command Command { get; } = TargetOptions.Scenario(
        "echo", "every connection asks, waits for the answer, and asks again", RunAsync, s_size, s_duration);

    private static async Task<int> RunAsync(Target target, ParseResult arguments, CancellationToken cancellation)
    {
        int size = arguments.GetValue(s_size);
        using var loop = new LoadLoop();
        var round = new Round();
        Echo[] echoes = [.. Enumerable.Range(0, target.Connections).Select(_ => new Echo(loop, round, size))];
        await new Connector(loop, target.Server).ConnectAllAsync(echoes);
        ServerProcess.Sample start = target.Process?.Read() ?? default;
        await loop.InvokeAsync(() => Array.ForEach(echoes, static one => one.Ask()));
        await Task.Delay(arguments.GetValue(s_duration), cancellation);
        ServerProcess.Sample end = target.Process?.Read() ?? default;
        loop.ThrowIfFaulted();
        return await loop.InvokeAsync(() =>
        {
            int lost = echoes.Count(static one => one.Ending != Ending.None);
            Array.ForEach(echoes, static one => one.Close(CloseMode.Abort));
            Report report = new Report("echo")
                .Add("connections", target.Connections).Add("size", size)
                .Add("answers", round.Answers).Add("wrong", round.Wrong).Add("lostConnections", lost)
                .Add("answersPerSecond", Math.Round(round.Answers / arguments.GetValue(s_duration).TotalSeconds))
                .AddLatency(round.Latency);
            if (target.Process is not null)
                report.AddServer(start, end, round.Answers);
            report.IsGood = round.Wrong == 0 && lost == 0;
            return report.Finish(target.Json);
        });
    }

    /// <summary>The sums of all connections; on the loop.</summary>
    private sealed class Round
    {
        internal LongHistogram Latency { get; } = new(MostMicroseconds, 3);

        internal long Answers { get; private set; }

        internal long Wrong { get; set; }

        internal void Answered(TimeSpan after)
        {
            Answers++;
            Latency.RecordValue(Math.Clamp((long)after.TotalMicroseconds, 0, MostMicroseconds));
        }
    }

    /// <summary>
    /// One connection; owner, concurrency, bound: see <see cref="LoadConnection"/>. One request is outstanding.
    /// </summary>
    private sealed class Echo(LoadLoop owner, Round round, int size) : LoadConnection(owner)
    {
        private long _asked;
        private byte _mark;

        internal void Ask()
        {
            Frame request = RentFrame(size, out Span<byte> payload);
            payload.Fill(++_mark);
            payload[0] = (byte)'E';
            _asked = TimeProvider.System.GetTimestamp();
            Send(request);
        }

        protected override void OnConnected() => Settle();

        protected override void OnMessage(ReadOnlySpan<byte> payload)
        {
            round.Answered(TimeProvider.System.GetElapsedTime(_asked));
            if (payload.Length != size || payload[0] != (byte)'E' || payload[1..].ContainsAnyExcept(_mark))
                round.Wrong++;
            Ask();
        }
    }
}
