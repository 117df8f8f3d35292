namespace Longwire;

/// <summary>What became of a send.</summary>
public enum SendResult : byte
{
    /// <summary>In the outbox; it leaves in order.</summary>
    Queued,

    /// <summary>The outbox has no room; a server's <c>Connection.SendAsync</c> waits for it.</summary>
    Full,

    /// <summary>The connection is closing or closed.</summary>
    Closed,

    /// <summary>The payload exceeds the codec's frame limit.</summary>
    TooLarge,

    /// <summary>The payload cannot be a frame of the codec, such as a line with a line feed in it.</summary>
    Malformed,

    /// <summary>The slab pool is at its ceiling.</summary>
    OutOfMemory,
}
