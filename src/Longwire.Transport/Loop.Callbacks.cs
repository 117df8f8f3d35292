using Longwire.Primitives;

namespace Longwire.Transport;

// How a loop calls what is not its own: a defect is reported and costs nobody else, and who holds it is named.
public sealed partial class Loop
{
    private long _lastLook; // timestamp of the tick's beginning, or of the last callback's end
    private object? _running; // whose callback runs now
    private long _callbacks; // begun and ended ones: odd while one runs; written by the loop, read by the watcher
    private long _callbacksAtLook;
    private long _callbackNamed;
    private long _throttledAtLook = -1; // ticks, of the watcher's last look
    private long _throttledBefore = -1; // of the look before it; what a later count exceeds is new

    /// <summary>The container's throttled time in all; tests play the container.</summary>
    internal Func<TimeSpan> ThrottledTime { get; set; } = CpuThrottling.Total;

    /// <summary>
    /// Whose callback runs now and ran at the last look already, or null. Each callback is named once.
    /// </summary>
    /// <remarks>
    /// For one watcher, on any thread but the loop's, that looks at an interval long enough to be worth a word: one
    /// second. A callback that ends is reported by <see cref="ILoopTenant.OnHeld"/>; this finds the one that does not.
    /// </remarks>
    public object? FindHolder()
    {
        long callbacks = Volatile.Read(ref _callbacks);
        object? holder = Volatile.Read(ref _running);
        bool isHeld = (callbacks & 1) == 1 && callbacks == _callbacksAtLook && callbacks != _callbackNamed
            && callbacks == Volatile.Read(ref _callbacks); // else the holder may be the next callback's
        if (callbacks != _callbacksAtLook || (callbacks & 1) == 0)
        {
            // One look back: a callback that is held now began after the look before this one.
            Volatile.Write(ref _throttledBefore, _throttledAtLook);
            _throttledAtLook = ThrottledTime().Ticks;
        }
        _callbacksAtLook = callbacks;
        if (!isHeld)
            return null;
        _callbackNamed = callbacks;
        return holder;
    }

    /// <inheritdoc/>
    protected override void Execute(LoopWork work)
    {
        ArgumentNullException.ThrowIfNull(work);
        Begin(work);
        try
        {
            work.Run();
        }
        catch (Exception exception) when (Tenant is not null)
        {
            Tenant.OnFault(exception, work);
        }
        End(work);
    }

    private void Turn(IWireHandler? handler)
    {
        Begin(handler);
        try
        {
            handler?.OnReady();
        }
        catch (Exception exception) when (Tenant is not null)
        {
            Tenant.OnFault(exception, handler);
        }
        End(handler);
    }

    private void RunTimer(TimedWork timer, long tick)
    {
        Begin(timer);
        try
        {
            timer.OnTimer(tick);
        }
        catch (Exception exception) when (Tenant is not null)
        {
            Tenant.OnFault(exception, timer);
        }
        End(timer);
    }

    private bool FlushGuarded(ILoopTenant tenant)
    {
        Begin(tenant);
        bool more = true;
        try
        {
            more = tenant.Flush();
        }
        catch (Exception exception)
        {
            tenant.OnFault(exception, tenant);
        }
        End(tenant);
        return more;
    }

    private void Begin(object? culprit)
    {
        Volatile.Write(ref _running, culprit);
        Volatile.Write(ref _callbacks, _callbacks + 1);
    }

    /// <summary>One look at the clock per callback: where one ends the next one begins.</summary>
    private void End(object? culprit)
    {
        Volatile.Write(ref _callbacks, _callbacks + 1);
        Volatile.Write(ref _running, null);
        long now = _time.GetTimestamp();
        TimeSpan held = _time.GetElapsedTime(_lastLook, now);
        _lastLook = now;
        if (held <= HoldWarning)
            return;
        held -= GC.GetTotalPauseDuration() - _pausesAtTickStart;
        if (held > HoldWarning)
            held -= TakeThrottled();
        if (held > HoldWarning)
        {
            Tenant?.OnHeld(held, culprit);
            _lastLook = _time.GetTimestamp(); // a slow log is not the next callback's hold
        }
    }

    /// <summary>
    /// Throttled since the last look but one, or the last hold: at least what fell into this hold, so a throttled
    /// container is accused too seldom rather than too often. The loop reads it only when it was held for 50 ms.
    /// </summary>
    private TimeSpan TakeThrottled()
    {
        long before = Volatile.Read(ref _throttledBefore);
        long now = ThrottledTime().Ticks;
        Volatile.Write(ref _throttledBefore, now);
        return before < 0 ? TimeSpan.Zero : TimeSpan.FromTicks(Math.Max(0, now - before));
    }
}
