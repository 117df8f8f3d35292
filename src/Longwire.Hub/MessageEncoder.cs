using Longwire.Primitives;

namespace Longwire;

/// <summary>
/// Turns a topic's messages into the frames of one protocol; what it makes is shared by all who use it.
/// </summary>
/// <remarks>Concurrency: called from any loop, also at once for one message; it must be stateless.</remarks>
internal abstract class MessageEncoder
{
    private protected MessageEncoder(Hub hub) => Index = hub.NextEncoder();

    /// <summary>A small number that is this encoder's own in its hub; loops keep a frame per number.</summary>
    internal int Index { get; }

    /// <summary>
    /// The wire frame of a message, with a reference for the caller; null when the pool is at its ceiling.
    /// </summary>
    internal Frame? GetFrame(Topic topic, long sequence, Frame payload)
    {
        Frame? frame = payload.FindVariant(this);
        if (frame is null)
        {
            Frame? encoded = Encode(topic, sequence, payload);
            if (encoded is null)
                return null;
            frame = payload.AddVariant(this, encoded);
        }
        frame.AddReference();
        return frame;
    }

    /// <summary>Encodes a message; the caller owns the frame.</summary>
    protected abstract Frame? Encode(Topic topic, long sequence, Frame payload);

    /// <summary>A notice that messages of a topic were lost; null when the protocol has none.</summary>
    internal abstract Frame? EncodeGap(Topic topic, long count);

    /// <summary>The mark that a snapshot is complete; null when the protocol has none.</summary>
    internal abstract Frame? EncodeSnapshotEnd(TopicFilter filter);
}
