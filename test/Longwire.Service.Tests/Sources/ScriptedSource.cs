using Longwire.Service.Sources;

namespace Longwire.Service.Tests.Sources;

/// <summary>A source that does what the test says.</summary>
internal sealed class ScriptedSource(string name, Func<StatusReport, CancellationToken, Task> read)
    : IAsyncStatusSource
{
    private int _readings;

    public string Name => name;

    public int Readings => Volatile.Read(ref _readings);

    public Func<StatusReport, CancellationToken, Task> Reading { get; set; } = read;

    public Task ReadAsync(StatusReport report, CancellationToken cancellation)
    {
        Interlocked.Increment(ref _readings);
        return Reading(report, cancellation);
    }

    /// <summary>One topic whose field is always another number.</summary>
    public static ScriptedSource Counting(string name, string topic)
    {
        long count = 0;
        return new ScriptedSource(name, (report, _) =>
        {
            FakeSource.Value(topic, ++count)(report);
            return Task.CompletedTask;
        });
    }

    /// <summary>Never answers; ends when it is cancelled.</summary>
    public static async Task HangAsync(StatusReport report, CancellationToken cancellation)
    {
        var never = new TaskCompletionSource();
        await never.Task.WaitAsync(cancellation);
    }
}
