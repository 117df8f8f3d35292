namespace Longwire.Primitives;

/// <summary>The slabs of one block size.</summary>
/// <remarks>
/// Owner: the pool. Concurrency: <see cref="_gate"/>, held for a few pointer moves. Bound: the pool's ceiling. Slabs
/// with a free block stand in a list; rents come from its head, so that slabs further back can fall empty.
/// </remarks>
internal sealed class SizeClass(SlabPool pool, int blockBytes)
{
    internal const int SlabBytes = 256 << 10;

    private readonly Lock _gate = new();
    private readonly int _blocksPerSlab = Math.Max(1, SlabBytes / blockBytes);
    private Slab? _withRoom;
    private int _emptySlabs;

    internal Lease? TryRent()
    {
        lock (_gate)
        {
            Slab? slab = _withRoom;
            if (slab is null)
            {
                slab = pool.TryCreateSlab(this, _blocksPerSlab * blockBytes);
                if (slab is null)
                    return null;
                Link(slab);
                _emptySlabs++;
            }
            if (slab.Rented++ == 0)
                _emptySlabs--;
            Lease? lease = slab.Free;
            if (lease is not null)
                slab.Free = lease.NextFree;
            else
                lease = new Lease(slab, slab.Carved++ * blockBytes, blockBytes);
            if (slab.Rented == _blocksPerSlab)
                Unlink(slab);
            return lease;
        }
    }

    internal void TakeBack(Lease lease)
    {
        lock (_gate)
        {
            Slab slab = lease.Slab;
            lease.NextFree = slab.Free;
            slab.Free = lease;
            if (slab.Rented-- == _blocksPerSlab)
                Link(slab);
            if (slab.Rented > 0)
                return;
            if (_emptySlabs == 0)
            {
                _emptySlabs = 1; // one spare per class, so that a message at the boundary does not allocate each time
                return;
            }
            Unlink(slab);
            pool.ReleaseBytes(slab.Memory.Length);
        }
    }

    /// <summary>Gives up the spare, which another class needs; false when there is none.</summary>
    internal bool TryDropSpare()
    {
        if (Volatile.Read(ref _emptySlabs) == 0)
            return false;
        lock (_gate)
        {
            Slab? slab = _withRoom;
            while (slab is { Rented: > 0 })
                slab = slab.Next;
            if (slab is null)
                return false;
            _emptySlabs--;
            Unlink(slab);
            pool.ReleaseBytes(slab.Memory.Length);
            return true;
        }
    }

    private void Link(Slab slab)
    {
        slab.Previous = null;
        slab.Next = _withRoom;
        if (_withRoom is not null)
            _withRoom.Previous = slab;
        _withRoom = slab;
    }

    private void Unlink(Slab slab)
    {
        if (slab.Previous is null)
            _withRoom = slab.Next;
        else
            slab.Previous.Next = slab.Next;
        if (slab.Next is not null)
            slab.Next.Previous = slab.Previous;
        slab.Previous = slab.Next = null;
    }
}
