namespace Longwire.Service.Sources;

/// <summary>A source and when to read it.</summary>
/// <param name="Source">The source.</param>
/// <param name="Schedule">When it is read.</param>
/// <param name="IsLocal">Whether it answers at once: the service waits for its first reading.</param>
internal sealed record ScheduledSource(IAsyncStatusSource Source, SourceSchedule Schedule, bool IsLocal)
{
    /// <summary>A source of this process or machine.</summary>
    public static ScheduledSource Local(IStatusSource source, SourceSchedule schedule) =>
        new(new LocalSource(source), schedule, IsLocal: true);
}
