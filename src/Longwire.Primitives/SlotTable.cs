using System.Runtime.CompilerServices;

namespace Longwire.Primitives;

/// <summary>
/// Objects by number. A number is used again, with the next generation, so that an old pair finds nobody.
/// </summary>
/// <remarks>
/// Owner: a loop or its poller. Concurrency: the owner's loop; <see cref="Glance"/> from any thread. Bound: the most
/// that were in it at one time. It grows by chunks that never move: 12 bytes an entry, no copy, and no old array left
/// behind as garbage.
/// </remarks>
internal sealed class SlotTable<T>
    where T : class
{
    private const int ChunkShift = 10;
    private const int ChunkSlots = 1 << ChunkShift;

    private readonly Stack<int> _free = new();
    private Chunk[] _chunks = [];

    /// <summary>Numbers given out so far; all entries are below.</summary>
    internal int Used { get; private set; }

    /// <summary>The entry of a number below <see cref="Used"/>, or null.</summary>
    internal T? this[int slot]
    {
        get => Volatile.Read(ref PlaceOf(slot));
        set => Volatile.Write(ref PlaceOf(slot), value);
    }

    /// <summary>Takes an entry in and returns its number.</summary>
    internal int Add(T item, out uint generation)
    {
        int slot = _free.Count > 0 ? _free.Pop() : Used++;
        if (slot >> ChunkShift == _chunks.Length)
            Volatile.Write(ref _chunks, [.. _chunks, new Chunk()]);
        generation = _chunks[slot >> ChunkShift].Generations[slot & (ChunkSlots - 1)];
        this[slot] = item;
        return slot;
    }

    /// <summary>Forgets an entry; its number's next life begins.</summary>
    internal void Remove(int slot)
    {
        this[slot] = null;
        _chunks[slot >> ChunkShift].Generations[slot & (ChunkSlots - 1)]++;
        _free.Push(slot);
    }

    /// <summary>The entry of a number if it is of that generation; on the owner's loop.</summary>
    internal T? Find(uint slot, uint generation)
    {
        int chunk = (int)(slot >> ChunkShift);
        int place = (int)slot & (ChunkSlots - 1);
        return chunk < _chunks.Length && _chunks[chunk].Generations[place] == generation
            ? _chunks[chunk].Items[place]
            : null;
    }

    /// <summary>The entry of a number, or null when there is no such number; from any thread.</summary>
    internal T? Glance(int slot)
    {
        Chunk[] chunks = Volatile.Read(ref _chunks);
        int chunk = slot >> ChunkShift;
        return (uint)chunk < (uint)chunks.Length
            ? Volatile.Read(ref chunks[chunk].Items[slot & (ChunkSlots - 1)])
            : null;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref T? PlaceOf(int slot) => ref _chunks[slot >> ChunkShift].Items[slot & (ChunkSlots - 1)];

    private sealed class Chunk
    {
        internal readonly T?[] Items = new T?[ChunkSlots];
        internal readonly uint[] Generations = new uint[ChunkSlots];
    }
}
