using Microsoft.Extensions.Time.Testing;

namespace Longwire.Service.Tests.Sources;

/// <summary>
/// Virtual time that tells when a wait has begun: advanced before, the wait would begin at the later time.
/// </summary>
internal sealed class ArmedTime() : FakeTimeProvider(new DateTimeOffset(2026, 11, 23, 1, 2, 3, TimeSpan.Zero))
{
    private readonly Lock _gate = new();
    private readonly List<TimeSpan> _dues = [];
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ITimer timer = base.CreateTimer(callback, state, dueTime, period);
        TaskCompletionSource next;
        lock (_gate)
        {
            _dues.Add(dueTime);
            next = _next;
            _next = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
        next.TrySetResult();
        return timer;
    }

    /// <summary>Only waits that begin from now on count.</summary>
    public void Forget()
    {
        lock (_gate)
            _dues.Clear();
    }

    /// <summary>Waits until somebody waits for so long; each wait counts once.</summary>
    public async Task WaitForTimerAsync(TimeSpan due, string what) =>
        await WaitForTimerAsync(found => found == due, $"{due}, {what}");

    public async Task<TimeSpan> WaitForTimerAsync(Predicate<TimeSpan> match, string what)
    {
        while (true)
        {
            Task next;
            lock (_gate)
            {
                int index = _dues.FindIndex(match);
                if (index >= 0)
                {
                    TimeSpan due = _dues[index];
                    _dues.RemoveAt(index);
                    return due;
                }
                next = _next.Task;
            }
            try
            {
                await next.WaitAsync(LineClient.Deadline, TestContext.Current.CancellationToken);
            }
            catch (TimeoutException)
            {
                Assert.Fail($"Waited {LineClient.Deadline} for a timer of {what}.");
            }
        }
    }
}
