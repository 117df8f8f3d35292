using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace Longwire.Primitives;

/// <summary>What a lease is used for; leases are counted by it, so that a leak has a name.</summary>
public enum LeaseOwner
{
    /// <summary>A frame: an encoded message on its way out or retained by a topic.</summary>
    Frame,

    /// <summary>Bytes of a frame that has not arrived completely.</summary>
    PartialFrame,

    /// <summary>A message that waits for, or is in, a handler.</summary>
    Message,

    /// <summary>Input that was read but may not be decoded yet because its connection is paused.</summary>
    PausedInput,

    /// <summary>A batch on its way into a connection's layers, or input that they are asked for.</summary>
    Layer,

    /// <summary>A loop's own receive slab.</summary>
    Receive,
}

/// <summary>A block of pinned memory on loan from a <see cref="SlabPool"/>.</summary>
/// <remarks>
/// Owner: whoever rented it, until <see cref="Return"/>; exactly one return per rent. Concurrency: none of its own;
/// the owner sees to it. Bound: <see cref="Capacity"/> bytes, never more.
/// The memory is pinned for good, so <see cref="Address"/> stays valid while the lease is held.
/// </remarks>
public sealed class Lease
{
    internal readonly Slab Slab;
    internal Lease? NextFree;
    internal Frame? Frame;
    internal object? Message;
    internal LeaseOwner Owner;
    private int _rented;

    internal Lease(Slab slab, int offset, int capacity)
    {
        Slab = slab;
        Offset = offset;
        Capacity = capacity;
    }

    /// <summary>The pinned array that the block is a part of.</summary>
    public byte[] Array => Slab.Memory;

    /// <summary>Where in <see cref="Array"/> the block begins.</summary>
    public int Offset { get; }

    /// <summary>Bytes in the block; at least what was asked for.</summary>
    public int Capacity { get; }

    /// <summary>The block. Contents are not cleared between leases.</summary>
    public Span<byte> Span
    {
        get
        {
            ThrowIfReturned();
            return new Span<byte>(Slab.Memory, Offset, Capacity);
        }
    }

    /// <summary>The block, for asynchronous I/O.</summary>
    public Memory<byte> Memory
    {
        get
        {
            ThrowIfReturned();
            return new Memory<byte>(Slab.Memory, Offset, Capacity);
        }
    }

    /// <summary>The address of the first byte; pinned.</summary>
    public nint Address => Slab.Address + Offset;

    /// <summary>Gives the block back. A second return throws: it would hand one block to two owners.</summary>
    /// <exception cref="InvalidOperationException">The lease was returned already.</exception>
    public void Return()
    {
        if (Interlocked.Exchange(ref _rented, 0) == 0)
            throw new InvalidOperationException("This lease was returned already.");
        Slab.Pool.TakeBack(this);
    }

    internal void MarkRented(LeaseOwner owner)
    {
        Owner = owner;
        Volatile.Write(ref _rented, 1);
    }

    [Conditional("DEBUG")]
    internal void ThrowIfReturned()
    {
        if (Volatile.Read(ref _rented) == 0)
            ThrowReturned();
    }

    [DoesNotReturn]
    private static void ThrowReturned() =>
        throw new ObjectDisposedException(
            nameof(Lease), "The buffer's lifetime has ended; detach a message to keep it.");
}

/// <summary>One pinned array cut into blocks of one size. Touched only under its size class's lock.</summary>
internal sealed class Slab
{
    internal readonly SlabPool Pool;
    internal readonly SizeClass? Class;
    internal readonly byte[] Memory;
    internal readonly nint Address;
    internal Lease? Free;
    internal int Carved;
    internal int Rented;
    internal Slab? Previous;
    internal Slab? Next;

    internal unsafe Slab(SlabPool pool, SizeClass? sizeClass, int bytes)
    {
        Pool = pool;
        Class = sizeClass;
        Memory = GC.AllocateUninitializedArray<byte>(bytes, pinned: true);
        Address = (nint)System.Runtime.CompilerServices.Unsafe.AsPointer(
            ref System.Runtime.InteropServices.MemoryMarshal.GetArrayDataReference(Memory));
    }
}
