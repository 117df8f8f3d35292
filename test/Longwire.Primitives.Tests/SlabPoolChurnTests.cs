namespace Longwire.Primitives.Tests;

/// <summary>The pool over a long life: it does not fragment, and threads do not get each other's blocks.</summary>
public sealed class SlabPoolChurnTests
{
    private static readonly int[] Sizes = [.. Enumerable.Range(7, 14).Select(shift => 1 << shift)];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Churn_never_holds_more_slabs_than_the_peak_of_each_size_needs(int seed)
    {
        var random = new Random(seed);
        var pool = new SlabPool(new SlabPoolOptions { CeilingBytes = 1L << 30, Poison = false });
        var live = new List<Lease>();
        int[] count = new int[Sizes.Length];
        int[] peak = new int[Sizes.Length];
        for (int step = 0; step < 200_000; step++)
        {
            // The favoured size wanders, as the traffic of a real server does; what survives pins slabs of old sizes.
            int favoured = step / 20_000 % Sizes.Length;
            if (live.Count < 200 || (live.Count < 2_000 && random.Next(2) == 0))
            {
                int size = random.Next(4) == 0 ? random.Next(Sizes.Length) : favoured;
                // Blocks of over 64 KiB are rare in life and would make the bound below trivial.
                size = size > 9 && random.Next(20) != 0 ? size - 8 : size;
                int bytes = Sizes[size] - random.Next(Sizes[size] / 2);
                Assert.True(pool.TryRent(bytes, LeaseOwner.Message, out Lease? lease));
                live.Add(lease);
                peak[size] = Math.Max(peak[size], ++count[size]);
            }
            else
            {
                int index = random.Next(live.Count);
                Lease lease = live[index];
                live[index] = live[^1];
                live.RemoveAt(live.Count - 1);
                count[Array.IndexOf(Sizes, lease.Capacity)]--;
                lease.Return();
            }
            if (step % 64 == 0)
                Assert.InRange(pool.Snapshot().SlabBytes, LeasedBytes(live), Needed(peak));
        }
        foreach (Lease lease in live)
            lease.Return();
        Assert.InRange(pool.Snapshot().SlabBytes, 0, Sizes.Sum(SlabBytes));
        Assert.Equal(0, pool.Snapshot().Leases);
    }

    [Fact]
    public void Threads_never_share_a_block_and_all_counts_return_to_zero()
    {
        const int ceiling = 8 << 20;
        var pool = new SlabPool(new SlabPoolOptions { CeilingBytes = ceiling });
        RunHammer(pool, ceiling, rounds: 40_000);
        SlabPoolSnapshot end = pool.Snapshot();
        Assert.Equal((0, 0), (end.LeasedBytes, end.Leases));
        Assert.InRange(end.SlabBytes, 0, Sizes.Sum(SlabBytes));
    }

    [Fact]
    public void Threads_at_the_ceiling_never_hold_more_than_it()
    {
        const int ceiling = 1 << 20;
        var pool = new SlabPool(new SlabPoolOptions { CeilingBytes = ceiling });
        RunHammer(pool, ceiling, rounds: 20_000);
        Assert.True(pool.Snapshot().Refused > 0, "The ceiling was never reached, so this test showed nothing.");
        Assert.Equal(0, pool.Snapshot().Leases);
        // Nothing of what was refused stays reserved: the whole ceiling can be rented.
        Assert.True(pool.TryRent(ceiling, LeaseOwner.Message, out Lease? all));
        all.Return();
    }

    private static void RunHammer(SlabPool pool, int ceiling, int rounds)
    {
        Deadline.RunTogether("the hammer to finish", [.. Enumerable.Range(1, 4).Select(id => (Action)(() =>
        {
            var random = new Random(id);
            var held = new Queue<Lease>();
            for (int round = 0; round < rounds; round++)
            {
                int bytes = random.Next(50) == 0 ? random.Next(1 << 20) : random.Next(4096);
                if (pool.TryRent(bytes, (LeaseOwner)(id % 5), out Lease? lease))
                {
                    (lease.Span[0], lease.Span[^1]) = ((byte)id, (byte)id);
                    held.Enqueue(lease);
                }
                if (round % 256 == 0)
                    Assert.InRange(pool.Snapshot().SlabBytes, 0, ceiling);
                if (held.Count > random.Next(8))
                    GiveBack(held.Dequeue(), id);
            }
            while (held.TryDequeue(out Lease? lease))
                GiveBack(lease, id);
        }))]);
    }

    private static void GiveBack(Lease lease, int id)
    {
        Assert.Equal((id, id), (lease.Span[0], lease.Span[^1]));
        lease.Return();
    }

    private static long LeasedBytes(List<Lease> live) => live.Sum(lease => (long)lease.Capacity);

    /// <summary>A slab is made only when all of its size are full, so the peak of each size bounds its slabs.</summary>
    private static long Needed(int[] peak)
    {
        long bytes = 0;
        for (int i = 0; i < Sizes.Length; i++)
        {
            int perSlab = SlabBytes(Sizes[i]) / Sizes[i];
            bytes += (peak[i] + perSlab - 1) / perSlab * (long)SlabBytes(Sizes[i]);
        }
        return bytes;
    }

    private static int SlabBytes(int blockBytes) => Math.Max(SizeClass.SlabBytes, blockBytes);
}
