using System.Collections.Concurrent;
using Longwire.Service.Sources;
using Microsoft.Extensions.Logging;

namespace Longwire.Service.Hosting;

/// <summary>Publishes readings to the hub, where they are retained.</summary>
/// <remarks>
/// Owner: the host. Concurrency: any source. Bound: the hub's; the names of refused topics, which are the sources'.
/// </remarks>
internal sealed partial class HubSink(TcpServer server, ILogger<HubSink> logger) : IStatusSink
{
    private readonly ConcurrentDictionary<string, PublishStatus> _refused = new(StringComparer.Ordinal);

    public void Publish(string topic, ReadOnlyMemory<byte> json)
    {
        PublishStatus status = server.Hub.Publish(topic, json.Span).Status;
        if (status == PublishStatus.Published)
            _refused.TryRemove(topic, out _);
        else if (_refused.TryAdd(topic, status))
            Refused(topic, status); // once, not once a second
    }

    /// <summary>The value that says "gone" stays as the retained one: whoever asks later learns it, too.</summary>
    public void Retire(string topic, ReadOnlyMemory<byte> json) => Publish(topic, json);

    public void MarkStale(string topic, ReadOnlyMemory<byte> json) => Publish(topic, json);

    public bool IsWatched(string topic) => server.Hub.FindTopic(topic) is { Subscribers: > 0 };

    [LoggerMessage(9003, LogLevel.Warning, "The hub refused a reading of {Topic}: {Status}")]
    private partial void Refused(string topic, PublishStatus status);
}
