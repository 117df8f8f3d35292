namespace Longwire.Service.Sources;

/// <summary>Where readings go: the hub.</summary>
/// <remarks>
/// Called by every source, at the same time. The memory is the source's and is overwritten after the call: copy it. A
/// sink does not block; an exception from it is a bug and ends <see cref="StatusPublisher.RunAsync"/>.
/// </remarks>
internal interface IStatusSink
{
    /// <summary>A value to push and to retain: one JSON object in UTF-8.</summary>
    void Publish(string topic, ReadOnlyMemory<byte> json);

    /// <summary>The last value of a topic whose subject is gone: push it, and then nothing need be retained.</summary>
    void Retire(string topic, ReadOnlyMemory<byte> json);

    /// <summary>The last value again, of a topic whose source has written nothing for too long.</summary>
    void MarkStale(string topic, ReadOnlyMemory<byte> json);

    /// <summary>Whether anybody is subscribed to the topic.</summary>
    bool IsWatched(string topic);
}
