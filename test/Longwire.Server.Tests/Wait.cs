namespace Longwire.ServerTests;

/// <summary>Every wait of a test: it ends, and a failure says what was waited for.</summary>
internal static class Wait
{
    internal static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    internal static async Task For(Task task, string what)
    {
        try
        {
            await task.WaitAsync(Limit, TestContext.Current.CancellationToken);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"Waited {Limit} for {what}.");
        }
    }

    internal static async Task<T> For<T>(Task<T> task, string what)
    {
        await For((Task)task, what);
        return await task;
    }

    /// <summary>For what announces itself nowhere, such as a counter of the kernel.</summary>
    internal static async Task Until(Func<bool> condition, string what)
    {
        long started = TimeProvider.System.GetTimestamp();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (!condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < Limit, $"Waited {Limit} for {what}.");
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }

    internal static async Task Until(Func<Task<bool>> condition, string what)
    {
        long started = TimeProvider.System.GetTimestamp();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (!await condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < Limit, $"Waited {Limit} for {what}.");
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }
}

/// <summary>Waiting for a token, which a task does not do by itself.</summary>
internal static class Cancellations
{
    internal static Task WhenCancelled(this CancellationToken token)
    {
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        token.Register(cancelled.SetResult);
        return cancelled.Task;
    }
}
