using Longwire.Protocols.Feed;

namespace Longwire;

/// <summary>Limits and times of a Feed endpoint; those of its connections are <see cref="EndpointOptions"/>.</summary>
public sealed record FeedLimits
{
    /// <summary>The defaults.</summary>
    public static FeedLimits Default { get; } = new();

    /// <summary>
    /// Longest message in both directions. Default: 1,052,672 bytes, a payload of 1 MiB and 4 KiB for what is around
    /// it. A client that sends a longer one is closed with <see cref="CloseReason.FrameTooLarge"/>.
    /// </summary>
    public int MaxMessageBytes { get; init; } = FeedProtocol.DefaultMaxMessageBytes;

    /// <summary>Time for HELLO, and for the login where one is needed. Default: 30 s.</summary>
    public TimeSpan LoginTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Failed logins after which the connection is closed. Default: 3.</summary>
    public int MaxFailedLogins { get; init; } = 3;

    /// <summary>Longest deadline of a command, and that of commands which name none. Default: 30 s.</summary>
    public TimeSpan CommandDeadline { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Commands and logins of one connection that wait for the one before. Default: 16.</summary>
    public int WaitingRequests { get; init; } = 16;

    /// <summary>Payload bytes of those that wait. Default: 64 KiB; when nothing waits any one is taken.</summary>
    public int WaitingRequestBytes { get; init; } = 64 << 10;

    /// <summary>Commands to one client that wait for its answer. Default: 64.</summary>
    public int SentCommands { get; init; } = 64;

    /// <summary>A draining server asks clients not to come back earlier. Default: 1 s; up to 49 days.</summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>And to wait for a random part of this on top. Default: 5 s; up to 49 days.</summary>
    public TimeSpan RetryJitter { get; init; } = TimeSpan.FromSeconds(5);

    internal void Validate()
    {
        Check(MaxMessageBytes is >= 4096 and <= Codec.LargestFrameBytes, nameof(MaxMessageBytes),
            "4096 bytes to 1 GiB");
        Check(LoginTimeout > TimeSpan.Zero && LoginTimeout < TimeSpan.FromDays(49), nameof(LoginTimeout),
            "a positive time below 49 days");
        Check(MaxFailedLogins >= 1, nameof(MaxFailedLogins), "at least 1");
        Check(CommandDeadline > TimeSpan.Zero && CommandDeadline < TimeSpan.FromDays(49), nameof(CommandDeadline),
            "a positive time below 49 days");
        Check(WaitingRequests >= 1, nameof(WaitingRequests), "at least 1");
        Check(WaitingRequestBytes >= 1, nameof(WaitingRequestBytes), "at least 1 byte");
        Check(SentCommands >= 1, nameof(SentCommands), "at least 1");
        Check(RetryAfter >= TimeSpan.Zero && RetryAfter < TimeSpan.FromDays(49), nameof(RetryAfter), "0 to 49 days");
        Check(RetryJitter >= TimeSpan.Zero && RetryJitter < TimeSpan.FromDays(49), nameof(RetryJitter), "0 to 49 days");
    }

    private static void Check(bool valid, string setting, string needed)
    {
        if (!valid)
            throw new ArgumentException($"FeedLimits.{setting} must be {needed}.");
    }
}
