namespace Longwire.Service.Sources;

/// <summary>Something that can be asked at once how it is: a part of this machine, or of the service itself.</summary>
/// <remarks>
/// Owner: a <see cref="LocalSource"/>. Concurrency: one call of <see cref="Read"/> at a time, on the pool and never on
/// a loop of the server, so files may be read. Bound: <see cref="StatusReport.MaxTopics"/> topics.
/// </remarks>
internal interface IStatusSource
{
    /// <summary>
    /// One topic level; the state of the source is published on <c>longwire/source/&lt;name&gt;</c>.
    /// </summary>
    string Name { get; }

    /// <summary>
    /// Writes zero or more topics. A topic belongs to one source; one that is no longer written is retired.
    /// </summary>
    /// <remarks>May throw: what was completed before is published, and the source is shown as failed.</remarks>
    void Read(StatusReport report);
}
