using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Longwire.Primitives;

/// <summary>A first-in first-out ring that grows by doubling up to a fixed bound.</summary>
/// <remarks>
/// Owner: the object that holds it. Concurrency: one thread at a time. Bound: the capacity given at construction;
/// <see cref="TryEnqueue"/> says false there.
/// </remarks>
/// <param name="capacity">Most items at one time.</param>
public sealed class BoundedRing<T>(int capacity)
{
    private T[] _items = [];
    private int _head;

    /// <summary>Most items at one time.</summary>
    public int Capacity { get; } = capacity > 0
        ? capacity
        : throw new ArgumentOutOfRangeException(nameof(capacity), capacity, "A ring holds at least one item.");

    /// <summary>Items held.</summary>
    public int Count { get; private set; }

    /// <summary>The item at <paramref name="index"/>, 0 being the oldest.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The index is not below <see cref="Count"/>.</exception>
    public ref T this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
            return ref _items[(_head + index) & (_items.Length - 1)];
        }
    }

    /// <summary>Adds at the end; false when the ring is at its bound.</summary>
    public bool TryEnqueue(T item)
    {
        if (Count == Capacity)
            return false;
        if (Count == _items.Length)
            Grow();
        _items[(_head + Count++) & (_items.Length - 1)] = item;
        return true;
    }

    /// <summary>Takes the oldest item; false when the ring is empty.</summary>
    public bool TryDequeue([MaybeNullWhen(false)] out T item)
    {
        if (Count == 0)
        {
            item = default;
            return false;
        }
        ref T slot = ref _items[_head];
        item = slot;
        if (RuntimeHelpers.IsReferenceOrContainsReferences<T>())
            slot = default!;
        _head = (_head + 1) & (_items.Length - 1);
        Count--;
        return true;
    }

    // The array's length is a power of two, for the mask; it may exceed the capacity, which is the bound.
    private void Grow()
    {
        var larger = new T[Math.Max(4, _items.Length * 2)];
        for (int i = 0; i < Count; i++)
            larger[i] = _items[(_head + i) & (_items.Length - 1)];
        _items = larger;
        _head = 0;
    }
}
