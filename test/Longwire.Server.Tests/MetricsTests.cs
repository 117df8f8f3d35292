using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace Longwire.ServerTests;

/// <summary>The meter shows what happened, and the reference lists the meter.</summary>
public sealed partial class MetricsTests
{
    [Fact]
    public async Task The_reference_lists_every_instrument_with_its_unit()
    {
        var instruments = new ConcurrentDictionary<string, string>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, _) =>
            {
                if (instrument.Meter.Name == "Longwire.Server")
                    instruments[instrument.Name] = instrument.Unit!;
            },
        };
        listener.Start();
        await using ServerBench bench = await ServerBench.Start(PollerKind.Automatic, e => e
            .Framing(Lines.Utf8(maxBytes: 100)).OnMessageInline(static (_, _) => { }));
        Assert.Equal(Documented().OrderBy(static pair => pair.Key), instruments.OrderBy(static pair => pair.Key));
    }

    [Fact]
    public async Task The_wait_for_the_pool_is_the_time_until_a_handler_began()
    {
        var waits = new ConcurrentQueue<double>();
        var late = new TaskCompletionSource<IThreadPoolWorkItem>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using ServerBench bench = await ServerBench.Start(
            PollerKind.Automatic,
            e => e.Framing(Lines.Utf8(maxBytes: 100)).OnMessage(static (connection, line) => connection.Send(line)),
            o => o.Executor = work =>
            {
                if (!late.TrySetResult(work))
                    ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal: false);
            });
        using var listener = new MeterListener();
        // Other tests' servers have meters of the same name: this one's instrument only.
        listener.SetMeasurementEventCallback<double>((_, seconds, _, _) => waits.Enqueue(seconds));
        listener.EnableMeasurementEvents(bench.Server.Metrics.HandlerWait);
        TestClient client = await bench.Connect();
        IThreadPoolWorkItem connect = await Wait.For(late.Task, "the first work");
        long held = TimeProvider.System.GetTimestamp();
        await Wait.Until(
            () => TimeProvider.System.GetElapsedTime(held) > TimeSpan.FromMilliseconds(30), "the pool to be late");
        connect.Execute();
        Assert.InRange(Assert.Single(waits), 0.030, Wait.Limit.TotalSeconds);
        client.Send("hello\n");
        Assert.Equal("hello", await client.ReadLine());
        Assert.Equal(2, waits.Count);
    }

    private static Dictionary<string, string> Documented([CallerFilePath] string here = "") =>
        Row().Matches(File.ReadAllText(Path.Combine(Path.GetDirectoryName(here)!, "../../docs/reference/metrics.md")))
            .ToDictionary(static row => row.Groups["name"].Value, static row => row.Groups["unit"].Value);

    [GeneratedRegex(@"^\| `(?<name>longwire[^`]+)` \| [^|]+ \| `(?<unit>[^`]+)` \|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
