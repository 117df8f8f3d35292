using Longwire.Protocols.Feed;

namespace Longwire;

/// <summary>Answers a command that the server sent, on the thread pool; one at a time and in order.</summary>
public delegate ValueTask<FeedAnswer> FeedClientCommandHandler(FeedRequest command);

/// <summary>A client of the Feed protocol.</summary>
public sealed record FeedClientOptions : ConnectOptions
{
    /// <summary>The program's name, for the server's lists and logs. Default: the process's.</summary>
    public string Name { get; init; } = AppDomain.CurrentDomain.FriendlyName;

    /// <summary>The account, for servers that want a login; use TLS then. Default: none.</summary>
    public string? User { get; init; }

    /// <summary>The account's secret, asked for at each login, on the thread pool. Default: empty.</summary>
    public Func<string> Secret { get; init; } = static () => "";

    /// <summary>Answers the server's commands. Default: null, and the server is told that none are taken.</summary>
    public FeedClientCommandHandler? OnCommand { get; init; }

    /// <summary>
    /// Longest message in both directions; a server may take less. Default: 1,052,672 bytes, the servers' default.
    /// </summary>
    public int MaxMessageBytes { get; init; } = FeedProtocol.DefaultMaxMessageBytes;

    /// <summary>Requests that wait for their answers. Default: 1,024.</summary>
    public int MaxRequests { get; init; } = 1024;

    /// <summary>
    /// Topics of one subscription of which the client knows the number that it saw last; of further ones a message may
    /// come twice, and nobody sees what is missing. Default: 1,000,000.
    /// </summary>
    public int MaxTopics { get; init; } = 1_000_000;

    internal override IReadOnlyList<ServerAddress> Validate()
    {
        Check(Name is not null && IsShort(Name), nameof(Name), $"at most {FeedProtocol.MaxNameBytes} bytes of UTF-8");
        Check(User is null || IsShort(User), nameof(User), $"at most {FeedProtocol.MaxNameBytes} bytes of UTF-8");
        Check(MaxMessageBytes is >= 4096 and <= Codec.LargestFrameBytes, nameof(MaxMessageBytes),
            "4096 bytes to 1 GiB");
        Check(MaxRequests >= 1, nameof(MaxRequests), "at least 1");
        Check(MaxTopics >= 1, nameof(MaxTopics), "at least 1");
        return base.Validate();

        static bool IsShort(string text) =>
            System.Text.Encoding.UTF8.GetByteCount(text) <= FeedProtocol.MaxNameBytes;
    }
}

/// <summary>How a subscription waits for its reader.</summary>
public sealed record FeedSubscribeOptions
{
    /// <summary>The defaults.</summary>
    public static FeedSubscribeOptions Default { get; } = new();

    /// <summary>
    /// Asks the server for at most one message of a topic in so long a time, and the last one always; heeded where the
    /// server can. Default: zero, every one.
    /// </summary>
    public TimeSpan Interval { get; init; }

    /// <summary>Updates that may wait for the reader. Default: 65,536.</summary>
    public int MaxUpdates { get; init; } = 1 << 16;

    /// <summary>Payload bytes that may wait for the reader. Default: 16 MiB; when nothing waits any one may.</summary>
    public int MaxBytes { get; init; } = 16 << 20;

    /// <summary>
    /// What happens when no more may wait. <see cref="SlowConsumerPolicy.Latest"/>, the default: a newer message takes
    /// the place of an older one of its topic, and where there is none the oldest update is dropped;
    /// <see cref="SlowConsumerPolicy.DropOldest"/>; <see cref="SlowConsumerPolicy.DropNewest"/>;
    /// <see cref="SlowConsumerPolicy.Disconnect"/>: the subscription ends with an exception. What is dropped is told by
    /// <see cref="FeedUpdateKind.Dropped"/>.
    /// </summary>
    public SlowConsumerPolicy Policy { get; init; } = SlowConsumerPolicy.Latest;

    internal void Validate()
    {
        if (Interval < TimeSpan.Zero || Interval > TimeSpan.FromDays(49))
            throw new ArgumentException("FeedSubscribeOptions.Interval must be zero to 49 days.");
        if (MaxUpdates < 1)
            throw new ArgumentException("FeedSubscribeOptions.MaxUpdates must be at least 1.");
        if (MaxBytes < 1)
            throw new ArgumentException("FeedSubscribeOptions.MaxBytes must be at least 1 byte.");
    }
}
