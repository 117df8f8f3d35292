namespace Longwire.Service.Sources;

/// <summary>How a source is.</summary>
internal enum SourceState
{
    /// <summary>Not read yet.</summary>
    Starting,

    /// <summary>The last reading was good.</summary>
    Ok,

    /// <summary>The last reading was good and had more than <see cref="StatusReport.MaxTopics"/> topics.</summary>
    Limited,

    /// <summary>The last reading failed, or was not done in time.</summary>
    Failed,

    /// <summary>No good reading for <see cref="SourceSchedule.Staleness"/>: its topics are marked.</summary>
    Stale,

    /// <summary>Nobody watches its topics, so it is not read.</summary>
    Resting,
}

/// <summary>A source's state as the host's health check sees it.</summary>
/// <param name="Name">The source.</param>
/// <param name="State">How it is.</param>
/// <param name="Error">What the last reading died of; null when it was good.</param>
/// <param name="LastGood">When the last good reading began; null before the first.</param>
internal sealed record SourceHealth(string Name, SourceState State, string? Error, DateTimeOffset? LastGood)
{
    /// <summary>Whether nothing is wrong with it.</summary>
    public bool IsHealthy => State is not (SourceState.Failed or SourceState.Stale);
}
