namespace Longwire.Service.Console;

/// <summary>What the console keeps for a connection.</summary>
/// <remarks>
/// Owner: the connection. Concurrency: its message handler, one call at a time. Bound: <see
/// cref="EndpointOptions.MaxSubscriptions"/> filters.
/// </remarks>
internal sealed class ConsoleSession
{
    /// <summary>
    /// What is watched. The connection knows it, too, but on its loop; a reply needs it here, where commands run.
    /// </summary>
    public HashSet<TopicFilter> Watched { get; } = [];
}
