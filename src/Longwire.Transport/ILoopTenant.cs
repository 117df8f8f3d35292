namespace Longwire.Transport;

/// <summary>The part of a tick that the loop's user supplies: flushing what its connections want to send.</summary>
public interface ILoopTenant
{
    /// <summary>Flushes one slice of what is dirty; true when more is left for the next tick.</summary>
    bool Flush();

    /// <summary>
    /// A callback threw; the loop goes on. <paramref name="culprit"/> is the work, timer or handler.
    /// </summary>
    void OnFault(Exception exception, object? culprit);

    /// <summary>
    /// One callback held the loop longer than <see cref="Loop.HoldWarning"/>, collector pauses and the container's
    /// throttling subtracted.
    /// </summary>
    void OnHeld(TimeSpan duration, object? culprit);
}
