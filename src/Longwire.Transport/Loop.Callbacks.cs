using Longwire.Primitives;

namespace Longwire.Transport;

// How a loop calls what is not its own: a defect is reported and costs nobody else, and who holds it is named.
public sealed partial class Loop
{
    /// <inheritdoc/>
    protected override void Execute(LoopWork work)
    {
        ArgumentNullException.ThrowIfNull(work);
        long started = _time.GetTimestamp();
        try
        {
            work.Run();
        }
        catch (Exception exception) when (Tenant is not null)
        {
            Tenant.OnFault(exception, work);
        }
        Watch(started, work);
    }

    private void Turn(IWireHandler? handler)
    {
        long started = _time.GetTimestamp();
        try
        {
            handler?.OnReady();
        }
        catch (Exception exception) when (Tenant is not null)
        {
            Tenant.OnFault(exception, handler);
        }
        Watch(started, handler);
    }

    private void RunTimer(TimedWork timer, long tick)
    {
        long started = _time.GetTimestamp();
        try
        {
            timer.OnTimer(tick);
        }
        catch (Exception exception) when (Tenant is not null)
        {
            Tenant.OnFault(exception, timer);
        }
        Watch(started, timer);
    }

    private bool FlushGuarded(ILoopTenant tenant)
    {
        long started = _time.GetTimestamp();
        try
        {
            bool more = tenant.Flush();
            Watch(started, tenant);
            return more;
        }
        catch (Exception exception)
        {
            tenant.OnFault(exception, tenant);
            return true;
        }
    }

    private void Watch(long started, object? culprit)
    {
        TimeSpan held = _time.GetElapsedTime(started);
        if (held <= HoldWarning)
            return;
        held -= GC.GetTotalPauseDuration() - _pausesAtTickStart;
        if (held > HoldWarning)
            Tenant?.OnHeld(held, culprit);
    }
}
