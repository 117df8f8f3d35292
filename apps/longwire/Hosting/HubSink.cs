using Longwire.Service.Sources;
using Microsoft.Extensions.Logging;

namespace Longwire.Service.Hosting;

/// <summary>Publishes readings to the hub, where they are retained.</summary>
/// <remarks>Owner: the host. Concurrency: the publisher's reader. Bound: the hub's.</remarks>
internal sealed partial class HubSink(TcpServer server, ILogger<HubSink> logger) : IStatusSink
{
    private bool _refused;

    public void Publish(string topic, ReadOnlyMemory<byte> json)
    {
        PublishStatus status = server.Hub.Publish(topic, json.Span).Status;
        bool refused = status != PublishStatus.Published;
        if (refused && !_refused)
            Refused(topic, status); // once, not once a second
        _refused = refused;
    }

    /// <summary>The value that says "gone" stays as the retained one: whoever asks later learns it, too.</summary>
    public void Retire(string topic, ReadOnlyMemory<byte> json) => Publish(topic, json);

    [LoggerMessage(9003, LogLevel.Warning, "The hub refused a reading of {Topic}: {Status}")]
    private partial void Refused(string topic, PublishStatus status);
}
