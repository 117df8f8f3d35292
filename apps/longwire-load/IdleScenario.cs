using System.CommandLine;

namespace Longwire.Load;

/// <summary>
/// What a connection costs that is subscribed and does nothing: the server's resident memory by number of connections.
/// </summary>
internal static class IdleScenario
{
    private static readonly Option<TimeSpan> s_settle = TargetOptions.Time(
        "--settle", TimeSpan.FromSeconds(3), "how long to wait before the memory is read");

    internal static Command Command { get; } = TargetOptions.Scenario(
        "idle", "connect and subscribe, one half and then the other, and read the server's memory", RunAsync, s_settle);

    private static async Task<int> RunAsync(Target target, ParseResult arguments, CancellationToken cancellation)
    {
        ServerProcess process = target.Process
            ?? throw new ArgumentException("idle reads the server's memory: give --server-pid.");
        TimeSpan settle = arguments.GetValue(s_settle);
        int half = Math.Max(1, target.Connections / 2);
        long none = process.Read().ResidentBytes;
        await using var first = new Population(half, 0, PushMessage.HeaderBytes);
        await first.ConnectAsync(target);
        await Task.Delay(settle, cancellation);
        long some = process.Read().ResidentBytes;
        await using var second = new Population(half, 0, PushMessage.HeaderBytes);
        await second.ConnectAsync(target);
        await Task.Delay(settle, cancellation);
        long all = process.Read().ResidentBytes;
        return new Report("idle")
            .Add("connections", 2 * half)
            .Add("serverRssNoneBytes", none).Add("serverRssHalfBytes", some).Add("serverRssAllBytes", all)
            .Add("averageBytesPerConnection", (all - none) / (2 * half))
            .Add("marginalBytesPerConnection", (all - some) / half)
            .Finish(target.Json);
    }
}
