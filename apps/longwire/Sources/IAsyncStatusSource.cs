namespace Longwire.Service.Sources;

/// <summary>Something that can be asked now and then how it is, and may take its time to answer.</summary>
/// <remarks>
/// Owner: the <see cref="SourceRunner"/> it was given to. Concurrency: never two readings at a time, on the pool; a
/// reading may block its thread. Bound: one reading in flight, <see cref="StatusReport.MaxTopics"/> topics each.
/// </remarks>
internal interface IAsyncStatusSource
{
    /// <summary>The state of the source is published on <c>longwire/source/&lt;name&gt;</c>.</summary>
    string Name { get; }

    /// <summary>Writes zero or more topics; one that is no longer written is retired.</summary>
    /// <remarks>
    /// The report is the reading's until the task ends, in time or not. Cancelled at its timeout: then let go of
    /// everything and end; what was completed is published then, the source's own topic aside. May throw: what was
    /// completed before is published, and the source is shown as failed; a <see cref="SourceFailure"/> says why in
    /// words for an operator.
    /// </remarks>
    Task ReadAsync(StatusReport report, CancellationToken cancellation);
}
