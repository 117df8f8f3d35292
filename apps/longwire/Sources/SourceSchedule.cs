namespace Longwire.Service.Sources;

/// <summary>When a source is read, how long that may take, and when its values are too old.</summary>
internal sealed record SourceSchedule
{
    /// <summary>Time between two readings; default 1 s.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>After so long a reading is cancelled and has failed; default 5 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Each reading comes later by a random part of this, so that many do not come at one moment; default none.
    /// </summary>
    public TimeSpan Jitter { get; init; }

    /// <summary>
    /// A topic that was not written for so long is marked stale. Default: the latest that a healthy source can be, its
    /// interval, jitter and timeout together.
    /// </summary>
    public TimeSpan Staleness
    {
        get => field > TimeSpan.Zero ? field : Interval + Jitter + Timeout;
        init;
    }

    /// <summary>Whether it rests while nobody is subscribed to one of its topics.</summary>
    public bool OnlyWhenWatched { get; init; }

    /// <summary>The topic on which a failure is shown, too; null for those that have no topic of their own.</summary>
    public string? Topic { get; init; }
}
