namespace Longwire;

/// <summary>What one call of <see cref="FrameDecoder.Decode"/> found.</summary>
public enum DecodeStatus : byte
{
    /// <summary>
    /// No complete frame is left; the whole input was consumed, and its beginning of a frame, if any, is kept. The
    /// decoder holds no buffer now unless <see cref="FrameDecoder.IsMidFrame"/>.
    /// </summary>
    NeedMore,

    /// <summary>A complete frame; in streaming mode the last piece of one (which may be empty).</summary>
    Frame,

    /// <summary>Streaming mode only: a part of a message of which more follows; never empty.</summary>
    Piece,

    /// <summary>
    /// A frame over the limit was recognised and is discarded up to its end; the stream goes on after it. Said once
    /// for each such frame, as early as it is certain; <see cref="FrameDecoder.Error"/> says what was wrong. In
    /// streaming mode pieces of it may have been handed out before: the message they belong to is void.
    /// </summary>
    Skipped,

    /// <summary>
    /// The stream cannot be continued; <see cref="FrameDecoder.Error"/> says why. Every later call says so again.
    /// </summary>
    Invalid,
}

/// <summary>Why a frame could not be decoded or encoded.</summary>
public enum FrameError : byte
{
    /// <summary>Nothing is wrong.</summary>
    None,

    /// <summary>The payload is, or is announced to be, over <see cref="Codec.MaxFrameBytes"/>.</summary>
    TooLarge,

    /// <summary>The bytes are no frame of this codec, or the payload cannot be one.</summary>
    Malformed,

    /// <summary>The stream ended inside a frame.</summary>
    Truncated,

    /// <summary>The pool refused a buffer for a frame that arrives in parts.</summary>
    OutOfMemory,
}

/// <summary>What happens to a frame over the limit.</summary>
public enum OversizedFrames
{
    /// <summary>The stream ends: <see cref="DecodeStatus.Invalid"/> and <see cref="FrameError.TooLarge"/>.</summary>
    Reject,

    /// <summary>
    /// It is discarded up to its terminator without being stored, and reported once: <see
    /// cref="DecodeStatus.Skipped"/>. A peer may then send without end inside one frame; deadlines have to bound that.
    /// </summary>
    Skip,
}
