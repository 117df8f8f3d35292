using System.Text;

namespace Longwire;

/// <summary>What an update of a subscription tells.</summary>
public enum FeedUpdateKind
{
    /// <summary>A topic's message: what it held at first, and then each new one.</summary>
    Value,

    /// <summary>All that the topics held has come; what follows is new. Once per connection.</summary>
    Complete,

    /// <summary>The server lost messages of the topic for this client, which did not keep up or was away.</summary>
    Gap,

    /// <summary>The topic's source has stopped; its value is old until the next one.</summary>
    Stale,

    /// <summary>
    /// The server was started anew: sequence numbers begin again, what happened between is unknown, and everything that
    /// the topics hold follows.
    /// </summary>
    Restarted,

    /// <summary>Updates were dropped here, because they were not taken as fast as they came.</summary>
    Dropped,
}

/// <summary>One thing that a subscription tells.</summary>
/// <param name="Kind">What it tells.</param>
/// <param name="Topic">The topic; the filter for <see cref="FeedUpdateKind.Complete"/>; else empty.</param>
/// <param name="Sequence">The message's number in its topic and epoch, from 1; else 0.</param>
/// <param name="Payload">The message; else empty.</param>
/// <param name="Count">How many messages were lost or dropped; else 0.</param>
/// <param name="Epoch">The server's life that the numbers belong to.</param>
public readonly record struct FeedUpdate(
    FeedUpdateKind Kind, string Topic, long Sequence, ReadOnlyMemory<byte> Payload, long Count, long Epoch)
{
    /// <summary>The payload as UTF-8 text; invalid bytes become U+FFFD.</summary>
    public string Text => Encoding.UTF8.GetString(Payload.Span);

    /// <inheritdoc/>
    public override string ToString() => Kind switch
    {
        FeedUpdateKind.Value => $"{Topic} {Sequence} {Text}",
        FeedUpdateKind.Gap => $"gap {Topic} {Count}",
        FeedUpdateKind.Complete => $"complete {Topic}",
        FeedUpdateKind.Stale => $"stale {Topic}",
        FeedUpdateKind.Restarted => $"restarted {Epoch}",
        _ => $"dropped {Count}",
    };
}
