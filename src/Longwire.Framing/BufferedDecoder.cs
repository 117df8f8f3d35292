using System.Diagnostics;
using Longwire.Primitives;

namespace Longwire;

/// <summary>
/// The common part of decoders: hands out a frame that lies in the input as a slice of it, and collects one that
/// arrives in parts in a lease.
/// </summary>
/// <remarks>
/// Owner: the connection. Concurrency: its loop only. Bound: the derived decoder must not hold or take more than the
/// codec's limit and its framing; the pool's ceiling comes on top and fails the stream with <see
/// cref="FrameError.OutOfMemory"/>.
/// <para>The lease grows by doubling, from what has really arrived: announcing a large frame costs the announcer bytes
/// and us nothing. It goes back at the first call after the frame was handed out, and when the stream fails.</para>
/// <para>Memory: 40 bytes on a 64-bit runtime, the object's header included.</para>
/// </remarks>
/// <param name="pool">Where the lease comes from.</param>
public abstract class BufferedDecoder(SlabPool pool) : FrameDecoder
{
    private const int HandedOut = -1;

    private readonly SlabPool _pool = pool ?? throw new ArgumentNullException(nameof(pool));
    private Lease? _lease;
    private int _held; // HandedOut: the lease belongs to the frame given to the caller and goes back at the next call

    /// <summary>True when bytes of an unfinished frame are held. Decoders with state of their own add to it.</summary>
    public override bool IsMidFrame => _held > 0;

    /// <summary>Bytes of the unfinished frame that are held already.</summary>
    protected int Held => Math.Max(_held, 0);

    /// <inheritdoc/>
    public sealed override DecodeStatus Decode(ref ReadOnlySpan<byte> input, out ReadOnlySpan<byte> frame)
    {
        frame = default;
        if (HasFailed)
            return DecodeStatus.Invalid;
        if (_held == HandedOut)
            DropHeld();
        Error = FrameError.None;
        DecodeStatus status = DecodeNext(ref input, out frame);
        if (status == DecodeStatus.Invalid || (Error != FrameError.None && status != DecodeStatus.Skipped))
        {
            frame = default;
            DropHeld();
            return Fail(Error == FrameError.None ? FrameError.Malformed : Error);
        }
        Debug.Assert(status != DecodeStatus.NeedMore || input.IsEmpty, "a decoder wants more but left input behind");
        return status;
    }

    /// <summary>
    /// Takes the next frame with <see cref="TryPeek"/>, <see cref="TryTake"/> and <see cref="Hold"/>. Bytes that were
    /// held are never offered again as input; keep what is needed to go on from there, and never scan twice.
    /// </summary>
    /// <returns>
    /// NeedMore with the input used up; Frame; Skipped through <see cref="Skip"/>; Invalid through <see
    /// cref="FrameDecoder.Fail"/>. When one of the helpers was refused a buffer, return NeedMore: <see cref="Decode"/>
    /// turns it into Invalid.
    /// </returns>
    protected abstract DecodeStatus DecodeNext(ref ReadOnlySpan<byte> input, out ReadOnlySpan<byte> frame);

    /// <summary>Looks at the first <paramref name="count"/> bytes of the frame without finishing it.</summary>
    /// <param name="count">Bytes from the frame's beginning; not more than the frame can turn out to have.</param>
    /// <param name="input">Consumed only as far as bytes had to be collected.</param>
    /// <param name="head">The bytes; valid until the next call.</param>
    /// <returns>False when fewer have arrived; they are held and the input is used up.</returns>
    protected bool TryPeek(int count, ref ReadOnlySpan<byte> input, out ReadOnlySpan<byte> head)
    {
        if (_held == HandedOut)
            DropHeld();
        if (_held == 0 && input.Length >= count)
        {
            head = input[..count];
            return true;
        }
        if (!TryCollect(count, ref input))
        {
            head = default;
            return false;
        }
        head = _lease!.Span[..count];
        return true;
    }

    /// <summary>Takes the first <paramref name="count"/> bytes: the whole frame with its framing.</summary>
    /// <param name="count">Bytes of the frame from its beginning; at least <see cref="Held"/>.</param>
    /// <param name="input">What belongs to the frame is cut off.</param>
    /// <param name="frame">A slice of the input, or of the lease for a frame that arrived in parts.</param>
    /// <returns>False when fewer have arrived; they are held and the input is used up.</returns>
    protected bool TryTake(int count, ref ReadOnlySpan<byte> input, out ReadOnlySpan<byte> frame)
    {
        if (!TryPeek(count, ref input, out frame))
            return false;
        Debug.Assert(_held <= count, "a frame ends before bytes that were peeked");
        if (_held > 0)
            _held = HandedOut;
        else
            input = input[count..];
        return true;
    }

    /// <summary>Keeps the whole input as a part of the unfinished frame.</summary>
    /// <returns><see cref="DecodeStatus.NeedMore"/>, to be returned by the caller.</returns>
    protected DecodeStatus Hold(ref ReadOnlySpan<byte> input)
    {
        TryCollect(int.MaxValue, ref input);
        return DecodeStatus.NeedMore;
    }

    /// <summary>Forgets the unfinished frame and gives its buffer back.</summary>
    protected void DropHeld()
    {
        _held = 0;
        _lease?.Return();
        _lease = null;
    }

    /// <summary>Reports a frame left out because of <paramref name="error"/>, and forgets what is held.</summary>
    /// <returns><see cref="DecodeStatus.Skipped"/>, to be returned by the caller.</returns>
    protected DecodeStatus Skip(FrameError error)
    {
        DropHeld();
        Error = error;
        return DecodeStatus.Skipped;
    }

    /// <inheritdoc/>
    protected sealed override void ReleaseBuffer() => DropHeld();

    private bool TryCollect(int count, ref ReadOnlySpan<byte> input)
    {
        if (_held == HandedOut)
            DropHeld();
        int take = Math.Min(count - _held, input.Length);
        if (take > 0)
        {
            int needed = _held + take;
            if ((_lease is null || _lease.Capacity < needed) && !TryGrow(needed, count))
            {
                Error = FrameError.OutOfMemory;
                return false;
            }
            input[..take].CopyTo(_lease!.Span[_held..]);
            input = input[take..];
            _held = needed;
        }
        return _held >= count;
    }

    private bool TryGrow(int needed, int most)
    {
        int bytes = (int)Math.Min(Math.Max(needed, 2L * _held), Math.Min(most, Array.MaxLength));
        if (!_pool.TryRent(bytes, LeaseOwner.PartialFrame, out Lease? larger))
            return false;
        if (_lease is not null)
        {
            _lease.Span[.._held].CopyTo(larger.Span);
            _lease.Return();
        }
        _lease = larger;
        return true;
    }
}
