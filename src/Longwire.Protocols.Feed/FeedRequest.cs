using System.Text;

namespace Longwire;

/// <summary>A command of a client.</summary>
public sealed class FeedRequest
{
    internal FeedRequest(uint id, string name, byte[] payload, TimeSpan deadline)
    {
        Id = id;
        Name = name;
        Payload = payload;
        Deadline = deadline;
    }

    /// <summary>What to do.</summary>
    public string Name { get; }

    /// <summary>Its argument.</summary>
    public ReadOnlyMemory<byte> Payload { get; }

    /// <summary>Its argument as UTF-8 text; invalid bytes become U+FFFD.</summary>
    public string Text => Encoding.UTF8.GetString(Payload.Span);

    /// <summary>The time, from its receipt, in which an answer is of use.</summary>
    public TimeSpan Deadline { get; }

    /// <summary>Cancelled at the deadline, and when the connection cannot be answered any more.</summary>
    public CancellationToken Cancellation { get; internal set; }

    internal uint Id { get; }
}

/// <summary>What becomes of a command. A string or bytes are a reply.</summary>
public sealed class FeedAnswer
{
    private FeedAnswer(ReadOnlyMemory<byte> payload, string? failure)
    {
        Payload = payload;
        Failure = failure;
    }

    /// <summary>There is no such command.</summary>
    public static FeedAnswer Unknown { get; } = new(default, "there is no such command");

    internal ReadOnlyMemory<byte> Payload { get; }

    internal string? Failure { get; }

    /// <summary>A reply.</summary>
    public static FeedAnswer Reply(ReadOnlyMemory<byte> payload) => new(payload, null);

    /// <summary>The command failed.</summary>
    /// <param name="why">For the people at the other end; at most 1,024 bytes of it are sent.</param>
    public static FeedAnswer Failed(string why)
    {
        ArgumentNullException.ThrowIfNull(why);
        return new(default, why);
    }

    /// <summary>A reply of text, in UTF-8.</summary>
    public static FeedAnswer FromString(string text) => Reply(Encoding.UTF8.GetBytes(text));

    /// <summary>A reply of text, in UTF-8.</summary>
    public static implicit operator FeedAnswer(string text) => FromString(text);
}
