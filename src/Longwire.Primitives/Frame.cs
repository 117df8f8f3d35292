using System.Diagnostics;

namespace Longwire.Primitives;

/// <summary>An encoded message: immutable once shared, held once, referenced by many.</summary>
/// <remarks>
/// Owner: everyone who holds a reference; the last <see cref="Release"/> returns the memory. References are per user
/// of the frame (a topic's ring, a loop), not per subscriber: a loop counts its outbox entries in a plain integer.
/// Concurrency: the count and the variants are safe from any thread; the bytes are written before the frame is shared.
/// Bound: its lease.
/// </remarks>
public sealed class Frame
{
    private readonly Lease _lease;
    private int _references;
    private Frame? _variants;
    private Frame? _nextVariant;
    private object? _variantKey;

    internal Frame(Lease lease) => _lease = lease;

    /// <summary>Bytes of the message.</summary>
    public int Length { get; private set; }

    /// <summary>Bytes of slab memory held.</summary>
    public int HeldBytes => _lease.Capacity;

    /// <summary>The bytes; valid while a reference is held.</summary>
    public Span<byte> Span => _lease.Span[..Length];

    /// <summary>The pinned array, for I/O.</summary>
    public byte[] Array => _lease.Array;

    /// <summary>Where in <see cref="Array"/> the message begins.</summary>
    public int Offset => _lease.Offset;

    /// <summary>The address of the first byte; pinned.</summary>
    public nint Address => _lease.Address;

    /// <summary>The next frame of an intrusive list; its user owns it.</summary>
    internal Frame? Next;

    /// <summary>Takes a further reference.</summary>
    public void AddReference()
    {
        int now = Interlocked.Increment(ref _references);
        Debug.Assert(now > 1, "a reference was taken to a frame that nobody held");
    }

    /// <summary>Gives one reference back; the last one returns the memory, variants included.</summary>
    public void Release()
    {
        int now = Interlocked.Decrement(ref _references);
        Debug.Assert(now >= 0, "a frame was released more often than referenced");
        if (now != 0)
            return;
        Frame? variant = _variants;
        _variants = null;
        while (variant is not null)
        {
            Frame? next = variant._nextVariant;
            variant._nextVariant = null;
            variant._variantKey = null;
            variant.Release();
            variant = next;
        }
        _lease.Return();
    }

    /// <summary>Shortens the message to what was really written; before the frame is shared.</summary>
    public void Truncate(int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)length, (uint)Length);
        Length = length;
    }

    /// <summary>
    /// The variant made by <paramref name="key"/>, or null. The caller's reference to this frame covers it.
    /// </summary>
    public Frame? FindVariant(object key)
    {
        for (Frame? variant = Volatile.Read(ref _variants); variant is not null; variant = variant._nextVariant)
        {
            if (ReferenceEquals(variant._variantKey, key))
                return variant;
        }
        return null;
    }

    /// <summary>
    /// Offers a variant of this message (another encoding of it) and takes over the caller's reference to it. When two
    /// threads make the same variant, the first one stays and the other's lease is returned; the winner is the result.
    /// </summary>
    public Frame AddVariant(object key, Frame variant)
    {
        variant._variantKey = key;
        while (true)
        {
            Frame? head = Volatile.Read(ref _variants);
            for (Frame? other = head; other is not null; other = other._nextVariant)
            {
                if (!ReferenceEquals(other._variantKey, key))
                    continue;
                variant._nextVariant = null;
                variant._variantKey = null;
                variant.Release();
                return other;
            }
            variant._nextVariant = head;
            Interleaving.Point();
            if (Interlocked.CompareExchange(ref _variants, variant, head) == head)
                return variant;
        }
    }

    internal void Begin(int length)
    {
        Length = length;
        Volatile.Write(ref _references, 1);
    }
}
