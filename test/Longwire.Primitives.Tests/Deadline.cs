namespace Longwire.Primitives.Tests;

/// <summary>Every wait of a test: it ends, and a failure says what was waited for.</summary>
internal static class Deadline
{
    internal static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    internal static void Wait(ManualResetEventSlim signal, string what) =>
        Assert.True(signal.Wait(Limit, TestContext.Current.CancellationToken), $"Waited {Limit} for {what}.");

    /// <summary>Runs the bodies at the same time, each on a thread, and rethrows what one of them threw.</summary>
    internal static void RunTogether(string what, params Action[] bodies)
    {
        Exception? failure = null;
        using var start = new Barrier(bodies.Length);
        Thread[] threads = [.. bodies.Select(body => new Thread(() =>
        {
            start.SignalAndWait(Limit);
            try
            {
                body();
            }
            catch (Exception exception)
            {
                failure = exception;
            }
        })
        { IsBackground = true })];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            Assert.True(thread.Join(Limit), $"Waited {Limit} for {what}.");
        Assert.Null(failure);
    }
}
