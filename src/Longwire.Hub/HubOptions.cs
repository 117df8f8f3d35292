namespace Longwire;

/// <summary>What happens to a subscriber that does not keep up: its outbox is over its limit in bytes or age.</summary>
public enum SlowConsumerPolicy
{
    /// <summary>Keep the latest message of each topic; older ones are conflated and counted.</summary>
    Latest,

    /// <summary>Drop the oldest queued messages; the subscriber is told how many of which topic.</summary>
    DropOldest,

    /// <summary>Drop what arrives; the subscriber is told how many of which topic.</summary>
    DropNewest,

    /// <summary>Close the connection with <see cref="CloseReason.SlowConsumer"/>.</summary>
    Disconnect,
}

/// <summary>Whether a topic remembers its last message for those who subscribe later.</summary>
public enum Retention
{
    /// <summary>A new subscriber gets the last message at once.</summary>
    RetainLast,

    /// <summary>A new subscriber gets what is published from then on.</summary>
    None,
}

/// <summary>The properties of a topic, fixed when it is first published to.</summary>
public sealed record TopicOptions
{
    /// <summary>The defaults.</summary>
    public static TopicOptions Default { get; } = new();

    /// <summary>Whether the last message is retained. Default: <see cref="Retention.RetainLast"/>.</summary>
    public Retention Retention { get; init; }

    /// <summary>
    /// Messages kept after every loop has fanned them out, for history. Default: 0 (the retained one aside).
    /// </summary>
    public int HistoryEntries { get; init; }

    /// <summary>
    /// Most messages kept for loops that lag behind the publisher. Default: 1,024. A loop that is overrun counts a gap.
    /// </summary>
    public int WindowEntries { get; init; } = 1024;

    /// <summary>
    /// Most bytes kept, history included. Default: 1 MiB; the newest message is kept whatever its size.
    /// </summary>
    public long WindowBytes { get; init; } = 1 << 20;

    /// <summary>The policy for slow consumers; null leaves it to the endpoint. Default: null.</summary>
    public SlowConsumerPolicy? SlowConsumer { get; init; }
}

/// <summary>Limits of a hub.</summary>
public sealed record HubOptions
{
    /// <summary>Most topics. Default: 100,000. A publish that would make a further one is refused.</summary>
    public int MaxTopics { get; init; } = 100_000;

    /// <summary>Largest payload in bytes. Default: 1 MiB.</summary>
    public int MaxPayloadBytes { get; init; } = 1 << 20;

    /// <summary>Options of topics by filter; the first that matches counts. Default: none.</summary>
    public IReadOnlyList<(TopicFilter Filter, TopicOptions Options)> Topics { get; init; } = [];
}
