namespace Longwire.Load;

/// <summary>
/// Tells the broadcast when a message is due: the loop's own timers tick every 20 ms, which is too coarse.
/// </summary>
/// <remarks>Owner: a scenario. Concurrency: a thread of its own, which only posts. Bound: one post at a time.</remarks>
internal sealed class Pacer : IDisposable
{
    private readonly ManualResetEventSlim _stop = new();
    private readonly Thread _thread;
    private readonly LoadLoop _owner;
    private readonly Broadcast _broadcast;
    private readonly TimeSpan _interval;
    private readonly TimeProvider _time;
    private readonly long _firstDue;

    internal Pacer(LoadLoop owner, Broadcast broadcast, double perSecond, long firstDue, TimeProvider time)
    {
        _firstDue = firstDue;
        _owner = owner;
        _broadcast = broadcast;
        _interval = TimeSpan.FromSeconds(1 / perSecond);
        _time = time;
        _thread = new Thread(Run) { IsBackground = true, Name = "pacer" };
        _thread.Start();
    }

    public void Dispose()
    {
        _stop.Set();
        _thread.Join();
        _stop.Dispose();
    }

    private void Run()
    {
        for (long n = 0; !_stop.IsSet; n++)
        {
            TimeSpan wait = n * _interval - _time.GetElapsedTime(_firstDue);
            // Rounded up to the event's millisecond: a message leaves up to that much late, and its latency says so.
            if (wait > TimeSpan.Zero && _stop.Wait(TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds))))
                return;
            _owner.Loop.Post(_broadcast.Due);
        }
    }
}
