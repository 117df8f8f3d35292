using Longwire.Transport;

namespace Longwire.Testing;

/// <summary>
/// One loop as an actor: a turn is one half of <see cref="Loop.RunOnce"/>, and between the halves it is parked.
/// </summary>
/// <remarks>Owner: its poller. Concurrency: the simulation's thread. Bound: none of its own.</remarks>
internal sealed class LoopActor(MemoryNetwork network, MemoryPoller poller, int index) : IActor
{
    private int _timeout;

    public string Name { get; } = $"loop {index}";

    public bool IsRunnable => !IsRunning && Loop is not null && (IsWaiting ? IsDue : !Loop.IsStopping);

    internal int Index { get; } = index;

    internal Loop? Loop => poller.ServedLoop;

    internal bool IsRunning { get; private set; }

    /// <summary>The loop has ended its tick and waits in its poller.</summary>
    internal bool IsWaiting { get; private set; }

    /// <summary>When the wait ends by itself; null for never, or when the loop does not wait.</summary>
    internal TimeSpan? Deadline { get; private set; }

    private bool IsDue => poller.IsWakePending || poller.HasEvents || Deadline <= network.Time.Elapsed;

    public void Step()
    {
        Loop loop = Loop!;
        Loop? outer = Loop.Current;
        IsRunning = true;
        try
        {
            if (IsWaiting)
                Collect(loop);
            else
                Tick(loop);
        }
        finally
        {
            IsRunning = false;
            Loop.Current = outer;
        }
    }

    /// <summary>What is wrong with a loop that waits; null when nothing is.</summary>
    internal string? FindLostWake()
    {
        if (!IsWaiting || IsRunning || Loop is not { } loop || poller.IsWakePending || IsDue)
            return null;
        if (!loop.IsEmpty)
            return $"{Name} is parked, its inbox is not empty, and no wake-up is pending";
        return loop.IsParked ? null : $"{Name} waits, somebody claimed its wake-up, and none is pending";
    }

    private void Tick(Loop loop)
    {
        network.Trace.Add("tick", Index);
        _timeout = loop.RunTick();
        Deadline = _timeout < 0 ? null : network.Time.Elapsed + TimeSpan.FromMilliseconds(_timeout);
        IsWaiting = true;
    }

    private void Collect(Loop loop)
    {
        network.Trace.Add("collect", Index);
        IsWaiting = false;
        Deadline = null;
        loop.Collect(_timeout);
    }
}
