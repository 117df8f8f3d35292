namespace Longwire.Service.Sources;

/// <summary>Publishes what the sources report to the hub, which retains it.</summary>
internal sealed class HubSink(Hub hub) : IStatusSink
{
    public void Publish(string topic, ReadOnlyMemory<byte> json)
    {
        PublishResult result = hub.Publish(topic, json.Span);
        if (result.Status != PublishStatus.Published)
            throw new InvalidOperationException($"The hub refused a reading for {topic}: {result.Status}.");
    }

    public void Retire(string topic, ReadOnlyMemory<byte> json) => Publish(topic, json);
}
