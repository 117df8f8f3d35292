namespace Longwire;

/// <summary>What became of a publish.</summary>
public enum PublishStatus : byte
{
    /// <summary>The message is in the topic; fan-out follows.</summary>
    Published,

    /// <summary>The name is no topic name (<see cref="TopicName.Check"/> says why).</summary>
    InvalidTopic,

    /// <summary>The hub holds <see cref="HubOptions.MaxTopics"/> topics.</summary>
    TooManyTopics,

    /// <summary>The payload is larger than <see cref="HubOptions.MaxPayloadBytes"/>.</summary>
    TooLarge,

    /// <summary>The slab pool is at its ceiling.</summary>
    OutOfMemory,
}

/// <summary>The outcome of a publish.</summary>
/// <param name="Status">Whether the message was taken.</param>
/// <param name="Sequence">Its number in the topic, from 1; 0 when it was not taken.</param>
/// <param name="Matched">Subscriptions that matched at that moment, the excluded one included.</param>
public readonly record struct PublishResult(PublishStatus Status, long Sequence, int Matched)
{
    internal static PublishResult Refused(PublishStatus status) => new(status, 0, 0);
}

/// <summary>What became of a topic's deliveries.</summary>
/// <param name="Queued">Put into an outbox.</param>
/// <param name="Conflated">Replaced by a newer message before they could be sent.</param>
/// <param name="Dropped">Dropped by policy.</param>
/// <param name="Disconnected">Not delivered because the policy closed the connection.</param>
/// <param name="Overrun">Messages that a loop missed because the topic's window was too small.</param>
public readonly record struct DeliveryCounts(
    long Queued, long Conflated, long Dropped, long Disconnected, long Overrun);
