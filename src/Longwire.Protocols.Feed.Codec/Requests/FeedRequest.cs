using System.Text;

namespace Longwire;

/// <summary>A command that the other side sent.</summary>
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
