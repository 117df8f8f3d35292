namespace Longwire;

/// <summary>Cuts the byte stream of one connection into frames: bytes are pushed in, frames come out.</summary>
/// <remarks>
/// Owner: the connection, which disposes it. Concurrency: that connection's loop only. Bound: one frame of the codec's
/// limit, held only while a frame has arrived in part.
/// <para>Push each batch of received bytes like this; the call that says <see cref="DecodeStatus.NeedMore"/> also
/// gives back the buffer of the frame before it, so an idle connection holds none:</para>
/// <code>
/// while (true)
/// {
///     switch (decoder.Decode(ref input, out ReadOnlySpan&lt;byte&gt; frame))
///     {
///         case DecodeStatus.Frame: Handle(frame); continue;
///         case DecodeStatus.Skipped: TellPeer(decoder.Error); continue;
///         case DecodeStatus.Invalid: Close(decoder.Error); return;
///         default: return; // NeedMore: input is empty
///     }
/// }
/// </code>
/// </remarks>
public abstract class FrameDecoder : IDisposable
{
    private const int Failed = 0x100;

    // The error in the low byte and the flag above it. As one field of four bytes it leaves room beside it for the
    // next one; as two fields of one byte each they would cost some decoders eight bytes more.
    private int _state;

    /// <summary>What was wrong, when the last call said Skipped or Invalid; otherwise None.</summary>
    public FrameError Error
    {
        get => (FrameError)(byte)_state;
        protected set => _state = (_state & Failed) | (int)value;
    }

    /// <summary>True once the stream cannot be continued: a decode failed, or the decoder was disposed.</summary>
    protected bool HasFailed => (_state & Failed) != 0;

    /// <summary>True when the stream stands inside a frame: bytes of an unfinished frame have been seen.</summary>
    public abstract bool IsMidFrame { get; }

    /// <summary>Takes the next frame out of <paramref name="input"/>.</summary>
    /// <param name="input">Bytes in stream order; what was consumed is cut off its beginning.</param>
    /// <param name="frame">
    /// The payload, when the result is <see cref="DecodeStatus.Frame"/> or <see cref="DecodeStatus.Piece"/>; otherwise
    /// empty. Valid until the next call of any member of this decoder and until the memory behind <paramref
    /// name="input"/> changes, whichever comes first.
    /// </param>
    public abstract DecodeStatus Decode(ref ReadOnlySpan<byte> input, out ReadOnlySpan<byte> frame);

    /// <summary>Says that the peer sent its last byte; call it after <see cref="Decode"/> said NeedMore.</summary>
    /// <returns>
    /// <see cref="DecodeStatus.NeedMore"/> for a clean end between two frames; <see cref="DecodeStatus.Invalid"/> with
    /// <see cref="FrameError.Truncated"/> for an end inside a frame, or with the earlier error of a failed stream.
    /// </returns>
    public DecodeStatus EndOfStream()
    {
        if (HasFailed)
            return DecodeStatus.Invalid;
        return IsMidFrame ? Fail(FrameError.Truncated) : DecodeStatus.NeedMore;
    }

    /// <summary>Gives the buffer back, if one is held; later calls of <see cref="Decode"/> say Invalid.</summary>
    public void Dispose()
    {
        _state |= Failed;
        ReleaseBuffer();
        GC.SuppressFinalize(this);
    }

    /// <summary>Gives the buffer back, if one is held; called at every <see cref="Dispose()"/>.</summary>
    protected abstract void ReleaseBuffer();

    /// <summary>Ends the stream with <paramref name="error"/>.</summary>
    /// <returns><see cref="DecodeStatus.Invalid"/>, to be returned by the caller.</returns>
    protected DecodeStatus Fail(FrameError error)
    {
        _state = Failed | (int)error;
        return DecodeStatus.Invalid;
    }
}
