namespace Longwire.Primitives;

/// <summary>Something that a loop can be asked to run: an intrusive node of its <see cref="Inbox"/>.</summary>
/// <remarks>
/// Posting twice before it runs is one run, so an inbox is bounded by the number of work objects. The flag is cleared
/// before <see cref="Run"/>: whoever changes state and then posts either is seen by the run that is due or causes a
/// further one.
/// </remarks>
public abstract class LoopWork
{
    internal LoopWork? NextWork;
    internal int Posted;

    /// <summary>Runs on the loop.</summary>
    protected internal abstract void Run();
}

/// <summary>Work that also has a place in its loop's timer wheel.</summary>
public abstract class TimedWork : LoopWork
{
    internal TimedWork? PreviousTimer;
    internal TimedWork? NextTimer;
    internal long DueTick = TimerWheel.NotArmed;

    /// <summary>Runs on the loop when the armed tick has passed; the timer is disarmed by then.</summary>
    protected internal abstract void OnTimer(long tick);
}
