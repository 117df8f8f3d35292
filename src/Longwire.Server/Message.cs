using System.Buffers;
using System.Text;
using Longwire.Primitives;

namespace Longwire;

/// <summary>A received message in memory of its own, valid until its handler ends.</summary>
/// <remarks>
/// Owner: the connection, which takes the memory back when the handler has ended; <see cref="Detach"/> passes it to the
/// caller. Concurrency: its handler. Bound: the endpoint's frame limit.
/// </remarks>
public sealed class Message : IMemoryOwner<byte>
{
    private readonly Lease _lease;
    private int _length;
    private int _holders; // the handler and, once detached, whoever disposes it: the last one returns the memory
    private int _detached;

    private Message(Lease lease) => _lease = lease;

    /// <summary>Bytes in the message.</summary>
    public int Length => _length;

    /// <summary>False for a piece of a streamed message that is followed by more of it; true otherwise.</summary>
    public bool IsFinal { get; private set; }

    /// <summary>
    /// Why this is no message but the notice that one was skipped; <see cref="FrameError.None"/> for messages.
    /// </summary>
    internal FrameError Skipped { get; set; }

    /// <summary>The payload.</summary>
    public ReadOnlySpan<byte> Span => _lease.Span[.._length];

    /// <summary>The payload, for asynchronous handlers.</summary>
    public Memory<byte> Memory => new(_lease.Array, _lease.Offset, _length);

    /// <summary>The payload as UTF-8 text; invalid bytes become U+FFFD.</summary>
    public override string ToString() => Encoding.UTF8.GetString(Span);

    /// <summary>A copy.</summary>
    public byte[] ToArray() => Span.ToArray();

    /// <summary>Keeps the message beyond its handler; the caller disposes it.</summary>
    public IMemoryOwner<byte> Detach()
    {
        if (Interlocked.Exchange(ref _detached, 1) == 0)
            Interlocked.Increment(ref _holders);
        return this;
    }

    /// <summary>Returns the memory of a detached message.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _detached, 0) != 0)
            Release();
    }

    internal static Message? Copy(ReadOnlySpan<byte> payload, bool isFinal, SlabPool pool)
    {
        if (!pool.TryRent(payload.Length, LeaseOwner.Message, out Lease? lease))
            return null;
        payload.CopyTo(lease.Span);
        var message = (Message)(lease.Message ??= new Message(lease)); // the object lives with its block: no allocation
        message._length = payload.Length;
        message._detached = 0;
        message._holders = 1;
        message.IsFinal = isFinal;
        message.Skipped = FrameError.None;
        return message;
    }

    internal void HandlerEnded() => Release();

    // The object is its block's next message as soon as the block is returned, so nothing is looked at after that.
    private void Release()
    {
        if (Interlocked.Decrement(ref _holders) == 0)
            _lease.Return();
    }
}

/// <summary>A received message in the loop's own memory, valid during the call.</summary>
public readonly ref struct BorrowedMessage
{
    internal BorrowedMessage(ReadOnlySpan<byte> span, bool isFinal)
    {
        Span = span;
        IsFinal = isFinal;
    }

    /// <summary>The payload.</summary>
    public ReadOnlySpan<byte> Span { get; }

    /// <summary>False for a piece of a streamed message that is followed by more of it; true otherwise.</summary>
    public bool IsFinal { get; }

    /// <summary>The payload as UTF-8 text; invalid bytes become U+FFFD.</summary>
    public override string ToString() => Encoding.UTF8.GetString(Span);
}
