using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace Longwire.Primitives;

/// <summary>Limits of a <see cref="SlabPool"/>.</summary>
public sealed record SlabPoolOptions
{
    /// <summary>
    /// Most bytes of slab memory at one time; a rent beyond it is refused. Default: a quarter of the memory that the
    /// process may use (container limits included), at least 64 MiB.
    /// </summary>
    public long CeilingBytes { get; init; } =
        Math.Max(64L << 20, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4);

    /// <summary>Overwrite a block on its return, so that a late use is seen. Default: on in debug builds.</summary>
    public bool Poison { get; init; }
#if DEBUG
        = true;
#endif
}

/// <summary>A view of a pool at one moment.</summary>
/// <param name="SlabBytes">Bytes of pinned memory held.</param>
/// <param name="LeasedBytes">Bytes in blocks on loan.</param>
/// <param name="Leases">Blocks on loan.</param>
/// <param name="Refused">Rents refused since the start because the ceiling was reached.</param>
public readonly record struct SlabPoolSnapshot(long SlabBytes, long LeasedBytes, long Leases, long Refused);

/// <summary>
/// Pinned memory in blocks of 128 bytes to 1 MiB, powers of two. Blocks come from slabs on the pinned object heap, so
/// that buffers the operating system may hold cannot fragment the collected heap.
/// </summary>
/// <remarks>
/// Owner: the server. Concurrency: any thread; one short lock per size class. Bound: <see
/// cref="SlabPoolOptions.CeilingBytes"/>; a rent that does not fit is refused and counted, never waits. A slab that
/// falls empty is dropped unless it is its class's only spare; at the ceiling the spares go too. Requests over 1 MiB
/// get an array of their own, counted against the same ceiling.
/// </remarks>
public sealed class SlabPool
{
    internal const int SmallestBytes = 1 << SmallestShift;

    private const int SmallestShift = 7; // 128 bytes: a status message with its framing
    private const int LargestShift = 20; // 1 MiB
    private const int OwnerCount = (int)LeaseOwner.Receive + 1;

    private readonly SizeClass[] _classes = new SizeClass[LargestShift - SmallestShift + 1];
    private readonly long[] _leasesByOwner = new long[OwnerCount];
    private readonly SlabPoolOptions _options;
    private long _slabBytes;
    private long _leasedBytes;
    private long _refused;

    /// <summary>Creates an empty pool; memory comes with the first rent.</summary>
    public SlabPool(SlabPoolOptions? options = null)
    {
        _options = options ?? new SlabPoolOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.CeilingBytes, SizeClass.SlabBytes, nameof(options));
        for (int i = 0; i < _classes.Length; i++)
            _classes[i] = new SizeClass(this, 1 << (SmallestShift + i));
    }

    /// <summary>The ceiling in bytes.</summary>
    public long CeilingBytes => _options.CeilingBytes;

    /// <summary>Rents a block of at least <paramref name="minBytes"/> bytes; false at the ceiling.</summary>
    public bool TryRent(int minBytes, LeaseOwner owner, [NotNullWhen(true)] out Lease? lease)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(minBytes);
        int index = Math.Max(0, BitOperations.Log2((uint)Math.Max(1, minBytes - 1)) + 1 - SmallestShift);
        lease = RentBlock(index, minBytes);
        if (lease is null && DropSpares())
            lease = RentBlock(index, minBytes);
        if (lease is null)
        {
            Interlocked.Increment(ref _refused);
            return false;
        }
        lease.MarkRented(owner);
        Interlocked.Add(ref _leasedBytes, lease.Capacity);
        Interlocked.Increment(ref _leasesByOwner[(int)owner]);
        return true;
    }

    /// <summary>Rents a frame for an encoded message of <paramref name="length"/> bytes; its count is one.</summary>
    public bool TryRentFrame(int length, [NotNullWhen(true)] out Frame? frame)
    {
        frame = null;
        if (!TryRent(length, LeaseOwner.Frame, out Lease? lease))
            return false;
        frame = lease.Frame ??= new Frame(lease);
        frame.Begin(length);
        return true;
    }

    /// <summary>Counts of this moment.</summary>
    public SlabPoolSnapshot Snapshot()
    {
        long leases = 0;
        for (int i = 0; i < OwnerCount; i++)
            leases += Interlocked.Read(ref _leasesByOwner[i]);
        return new(Interlocked.Read(ref _slabBytes), Interlocked.Read(ref _leasedBytes), leases,
            Interlocked.Read(ref _refused));
    }

    /// <summary>Blocks on loan for <paramref name="owner"/>.</summary>
    public long Leases(LeaseOwner owner) => Interlocked.Read(ref _leasesByOwner[(int)owner]);

    internal void TakeBack(Lease lease)
    {
        if (_options.Poison)
            new Span<byte>(lease.Array, lease.Offset, lease.Capacity).Fill(0xDD);
        Interlocked.Add(ref _leasedBytes, -lease.Capacity);
        Interlocked.Decrement(ref _leasesByOwner[(int)lease.Owner]);
        if (lease.Slab.Class is { } sizeClass)
            sizeClass.TakeBack(lease);
        else
            ReleaseBytes(lease.Capacity);
    }

    /// <summary>A slab within the ceiling, or null: also when the runtime finds no memory for it.</summary>
    internal Slab? TryCreateSlab(SizeClass? sizeClass, int bytes)
    {
        if (!TryReserveBytes(bytes))
            return null;
        try
        {
            return new Slab(this, sizeClass, bytes);
        }
        catch (OutOfMemoryException)
        {
            ReleaseBytes(bytes);
            return null;
        }
    }

    internal void ReleaseBytes(int bytes) => Interlocked.Add(ref _slabBytes, -bytes);

    // Compare-and-swap, not add and take back: a rent that fails must not make a smaller one fail beside it.
    private bool TryReserveBytes(int bytes)
    {
        long seen = Interlocked.Read(ref _slabBytes);
        while (bytes <= _options.CeilingBytes - seen)
        {
            long before = Interlocked.CompareExchange(ref _slabBytes, seen + bytes, seen);
            if (before == seen)
                return true;
            seen = before;
        }
        return false;
    }

    private Lease? RentBlock(int index, int bytes)
    {
        if (index < _classes.Length)
            return _classes[index].TryRent();
        return TryCreateSlab(null, bytes) is { } slab ? new Lease(slab, 0, bytes) : null;
    }

    /// <summary>At the ceiling all spares are given up: only what is on loan may refuse a rent.</summary>
    private bool DropSpares()
    {
        bool dropped = false;
        foreach (SizeClass sizeClass in _classes)
            dropped |= sizeClass.TryDropSpare();
        return dropped;
    }
}
