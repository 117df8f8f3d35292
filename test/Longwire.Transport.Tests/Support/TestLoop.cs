using System.Collections.Concurrent;
using Longwire.Primitives;

namespace Longwire.Transport.Tests;

/// <summary>
/// A loop on a real thread that fails its test for an unexpected fault, a leaked lease or a thread still running.
/// </summary>
internal sealed class TestLoop : IDisposable, ILoopTenant
{
    private readonly ConcurrentQueue<(Exception Exception, object? Culprit)> _faults = new();
    private readonly ConcurrentQueue<(TimeSpan Duration, object? Culprit)> _holds = new();

    internal TestLoop(PollerKind kind, int index = 0)
    {
        Loop = new Loop(index, Pollers.Create(kind), Pool, TimeProvider.System) { Tenant = this };
        Loop.Start();
    }

    internal SlabPool Pool { get; } = new();

    internal Loop Loop { get; }

    internal bool ExpectFaults { get; init; }

    /// <summary>How long the report of a hold holds the loop itself, as a slow log does.</summary>
    internal int ReportMilliseconds { get; init; }

    internal IReadOnlyCollection<(Exception Exception, object? Culprit)> Faults => _faults;

    internal IReadOnlyCollection<(TimeSpan Duration, object? Culprit)> Holds => _holds;

    public bool Flush() => false;

    public void OnFault(Exception exception, object? culprit) => _faults.Enqueue((exception, culprit));

    public void OnHeld(TimeSpan duration, object? culprit)
    {
        _holds.Enqueue((duration, culprit));
        LoopTests.Hold(ReportMilliseconds);
    }

    /// <summary>Posts and goes on.</summary>
    internal Work Post(Action action)
    {
        var work = new Work(action);
        Loop.Post(work);
        return work;
    }

    /// <summary>Runs on the loop and waits for the result.</summary>
    internal T Run<T>(Func<T> function, string what = "a call on the loop")
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(() =>
        {
            try
            {
                done.SetResult(function());
            }
            catch (Exception exception)
            {
                done.SetException(exception);
            }
        });
        return Wait.For(done.Task, what);
    }

    internal void Run(Action action, string what = "a call on the loop") => Run(
        () =>
        {
            action();
            return true;
        },
        what);

    public void Dispose()
    {
        Loop.RequestStop();
        Assert.True(Loop.Join(Wait.Deadline), "the loop's thread did not end");
        Loop.Dispose();
        if (!ExpectFaults && _faults.TryPeek(out var fault))
            Assert.Fail($"A callback on the loop threw: {fault.Exception} (culprit {fault.Culprit}).");
        Assert.Equal(0, Pool.Snapshot().Leases);
    }
}

/// <summary>An action as loop work.</summary>
internal sealed class Work(Action action) : LoopWork
{
    protected override void Run() => action();
}

/// <summary>An action as a timer.</summary>
internal sealed class TestTimer(Action<long> action) : TimedWork
{
    protected override void OnTimer(long tick) => action(tick);

    protected override void Run()
    {
    }
}
