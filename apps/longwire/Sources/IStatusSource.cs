namespace Longwire.Service.Sources;

/// <summary>
/// Something that can be asked once a second how it is: a part of this machine, or of the service itself.
/// </summary>
/// <remarks>
/// Owner: the <see cref="StatusPublisher"/> it was given to. Concurrency: its one reader calls <see cref="Read"/>,
/// never two calls at a time and never on a loop, so files may be read; a source that never returns stops all the
/// others, so nothing remote may be asked. Bound: <see cref="StatusReport.MaxTopics"/> topics.
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
