using Longwire.Load.Connections;
using Longwire.Load.Servers;
using Longwire.Primitives;

namespace Longwire.Load.Workloads;

/// <summary>
/// When message n is due: n intervals after the first, whatever became of those before it (no coordinated omission).
/// </summary>
internal readonly record struct Schedule(long FirstDue, double Interval)
{
    /// <summary>The time of message <paramref name="n"/>, from 0, in clock ticks.</summary>
    internal long DueAt(long n) => FirstDue + (long)(Interval * n);

    /// <summary>Messages that are due by <paramref name="now"/>.</summary>
    internal long DueBy(long now) => now < FirstDue ? 0 : (long)((now - FirstDue) / Interval) + 1;
}

/// <summary>
/// Tells the publishers when a message is due: the loop's own timers tick every 20 ms, which is too coarse.
/// </summary>
/// <remarks>Owner: a workload. Concurrency: a thread of its own, which only posts. Bound: one post at a time.</remarks>
internal sealed class Pacer : IDisposable
{
    private static readonly TimeSpan s_longestSleep = TimeSpan.FromMilliseconds(20); // how late a stop may be seen

    private readonly TimeProvider _time = TimeProvider.System;
    private readonly Thread _thread;
    private readonly LoadLoop _owner;
    private readonly LoopWork _work;
    private readonly Schedule _schedule;
    private volatile bool _stopping;

    internal Pacer(LoadLoop owner, LoopWork work, Schedule schedule)
    {
        _owner = owner;
        _work = work;
        _schedule = schedule;
        _thread = new Thread(Run) { IsBackground = true, Name = "pacer" };
        _thread.Start();
    }

    public void Dispose()
    {
        _stopping = true;
        _thread.Join();
    }

    private void Run()
    {
        while (!_stopping)
        {
            long due = _schedule.DueAt(_schedule.DueBy(_time.GetTimestamp()));
            while (!_stopping && _time.GetElapsedTime(_time.GetTimestamp(), due) is { Ticks: > 0 } wait)
                SystemClock.Sleep(wait < s_longestSleep ? wait : s_longestSleep);
            _owner.Loop.Post(_work);
        }
    }
}
