using System.Collections.Concurrent;

namespace Longwire.Service.Sources;

/// <summary>Which source a topic belongs to: the first that wrote it, until it is retired.</summary>
/// <remarks>
/// Owner: the <see cref="StatusPublisher"/>. Concurrency: any thread. Bound: <see cref="StatusReport.MaxTopics"/> and
/// one for each source.
/// </remarks>
internal sealed class TopicClaims
{
    private readonly ConcurrentDictionary<string, object> _owners = new(StringComparer.Ordinal);

    /// <summary>False when the topic is another's.</summary>
    public bool TryClaim(string topic, object owner) => _owners.GetOrAdd(topic, owner) == owner;

    public void Release(string topic) => _owners.TryRemove(topic, out _);
}
