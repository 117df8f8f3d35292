using CsCheck;

namespace Longwire.Primitives.Tests;

public sealed class BoundedRingTests
{
    [Fact]
    public void The_ring_behaves_like_a_queue_that_stops_at_its_capacity() =>
        // Above zero: enqueue that many; below: dequeue that many.
        Gen.Select(Gen.Int[1, 70], Gen.Int[-40, 40].List[0, 40]).Sample((capacity, steps) =>
        {
            var ring = new BoundedRing<int>(capacity);
            var model = new Queue<int>();
            int next = 0;
            foreach (int step in steps)
            {
                for (int i = 0; i < step; i++)
                    Enqueue(ring, model, capacity, next++);
                for (int i = 0; i > step; i--)
                    Dequeue(ring, model);
                Assert.Equal(model.Count, ring.Count);
                Assert.Equal(model, Enumerable.Range(0, ring.Count).Select(index => ring[index]));
            }
        }, iter: 5_000);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(1000)]
    public void The_bound_is_the_capacity_exactly_whether_or_not_it_is_a_power_of_two(int capacity)
    {
        var ring = new BoundedRing<int>(capacity);
        for (int i = 0; i < capacity; i++)
            Assert.True(ring.TryEnqueue(i));
        Assert.False(ring.TryEnqueue(-1));
        Assert.Equal((capacity, capacity), (ring.Count, ring.Capacity));
    }

    [Fact]
    public void An_item_can_be_changed_in_its_place()
    {
        var ring = new BoundedRing<int>(4);
        ring.TryEnqueue(1);
        ring.TryEnqueue(2);
        ring[1] = 20;
        ring.TryDequeue(out _);
        Assert.True(ring.TryDequeue(out int item));
        Assert.Equal(20, item);
    }

    [Fact]
    public void Wrong_arguments_throw()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new BoundedRing<int>(0));
        var ring = new BoundedRing<int>(4);
        Assert.Throws<ArgumentOutOfRangeException>(() => ring[0]);
        ring.TryEnqueue(1);
        Assert.Equal(1, ring[0]);
        Assert.Throws<ArgumentOutOfRangeException>(() => ring[1]);
        Assert.Throws<ArgumentOutOfRangeException>(() => ring[-1]);
    }

    [Fact]
    public void A_taken_item_is_not_kept_alive()
    {
        var ring = new BoundedRing<object>(4);
        WeakReference gone = EnqueueAndDequeue(ring);
        GC.Collect();
        Assert.False(gone.IsAlive, "The ring still refers to an item that was taken out.");
        GC.KeepAlive(ring);
    }

    [Fact, Trait("Category", "Allocation")]
    public void Enqueue_and_dequeue_allocate_nothing_once_the_ring_has_grown()
    {
        var ring = new BoundedRing<(long, object?)>(100);
        Allocations.AssertNone(() =>
        {
            for (int i = 0; ring.TryEnqueue((i, null)); i++)
                _ = ring[i];
            while (ring.TryDequeue(out _))
                _ = ring.Count;
        });
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static WeakReference EnqueueAndDequeue(BoundedRing<object> ring)
    {
        var item = new object();
        ring.TryEnqueue(item);
        ring.TryDequeue(out _);
        return new WeakReference(item);
    }

    private static void Enqueue(BoundedRing<int> ring, Queue<int> model, int capacity, int item)
    {
        bool room = model.Count < capacity;
        Assert.Equal(room, ring.TryEnqueue(item));
        if (room)
            model.Enqueue(item);
    }

    private static void Dequeue(BoundedRing<int> ring, Queue<int> model)
    {
        Assert.Equal(model.TryDequeue(out int expected), ring.TryDequeue(out int actual));
        Assert.Equal(expected, actual);
    }
}
