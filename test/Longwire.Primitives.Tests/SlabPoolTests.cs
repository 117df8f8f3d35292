using System.Runtime.InteropServices;

namespace Longwire.Primitives.Tests;

public sealed class SlabPoolTests
{
    private const int Slab = SizeClass.SlabBytes;

    [Theory]
    [InlineData(0, 128)]
    [InlineData(1, 128)]
    [InlineData(128, 128)]
    [InlineData(129, 256)]
    [InlineData(256, 256)]
    [InlineData(4097, 8192)]
    [InlineData(Slab, Slab)]
    [InlineData(Slab + 1, 2 * Slab)]
    [InlineData((1 << 20) - 1, 1 << 20)]
    [InlineData(1 << 20, 1 << 20)]
    [InlineData((1 << 20) + 1, (1 << 20) + 1)]
    public void A_block_is_the_smallest_power_of_two_that_fits_and_exact_above_a_mebibyte(int asked, int expected)
    {
        SlabPool pool = Pool(16L << 20);
        Lease lease = Rent(pool, asked);
        Assert.Equal(expected, lease.Capacity);
        Assert.Equal(expected, lease.Span.Length);
        lease.Return();
    }

    [Fact]
    public void The_address_of_a_block_is_that_of_its_place_in_the_pinned_array()
    {
        SlabPool pool = Pool(4L << 20);
        Rent(pool, 512).Span[0] = 1;
        Lease second = Rent(pool, 512);
        Assert.Equal(512, second.Offset);
        Assert.Equal(Marshal.UnsafeAddrOfPinnedArrayElement(second.Array, second.Offset), second.Address);
    }

    [Fact]
    public void Blocks_on_loan_never_overlap()
    {
        SlabPool pool = Pool(4L << 20);
        var leases = new List<Lease>();
        for (int i = 0; i < 3 * Slab / 1024; i++)
        {
            Lease lease = Rent(pool, 1024);
            lease.Span.Fill((byte)i);
            leases.Add(lease);
        }
        for (int i = 0; i < leases.Count; i++)
            Assert.Equal(-1, leases[i].Span.IndexOfAnyExcept((byte)i));
    }

    [Fact]
    public void A_rent_beyond_the_ceiling_is_refused_and_counted_and_a_return_makes_room()
    {
        SlabPool pool = Pool(2 * Slab);
        Lease first = Rent(pool, Slab);
        Lease second = Rent(pool, Slab);
        Assert.False(pool.TryRent(Slab, LeaseOwner.Frame, out Lease? refused));
        Assert.Null(refused);
        Assert.False(pool.TryRentFrame(Slab, out _));
        Assert.Equal(new SlabPoolSnapshot(2 * Slab, 2 * Slab, 2, 2), pool.Snapshot());
        first.Return();
        Rent(pool, Slab).Return();
        second.Return();
        Assert.Equal(2, pool.Snapshot().Refused);
        Assert.Equal(0, pool.Snapshot().LeasedBytes);
    }

    [Fact]
    public void The_spare_of_one_size_makes_room_for_another_at_the_ceiling()
    {
        SlabPool pool = Pool(Slab);
        Rent(pool, 128).Return();
        Assert.Equal(Slab, pool.Snapshot().SlabBytes);
        Rent(pool, 4096).Return();
        Rent(pool, 128).Return();
        Assert.Equal(0, pool.Snapshot().Refused);
        Assert.Equal(Slab, pool.Snapshot().SlabBytes);
    }

    [Fact]
    public void Slabs_that_fall_empty_are_dropped_except_one_spare_for_each_size()
    {
        SlabPool pool = Pool(64L << 20);
        List<Lease> leases = [];
        for (int i = 0; i < 10 * Slab / 4096; i++)
            leases.Add(Rent(pool, 4096));
        leases.Add(Rent(pool, 200));
        Assert.Equal(11 * Slab, pool.Snapshot().SlabBytes);
        foreach (Lease lease in leases)
            lease.Return();
        Assert.Equal(new SlabPoolSnapshot(2 * Slab, 0, 0, 0), pool.Snapshot());
    }

    [Fact]
    public void A_message_at_the_boundary_of_a_slab_reuses_the_spare()
    {
        SlabPool pool = Pool(4L << 20);
        var full = new List<Lease>();
        for (int i = 0; i < Slab / 8192; i++)
            full.Add(Rent(pool, 8192));
        Lease over = Rent(pool, 8192);
        byte[] spare = over.Array;
        over.Return();
        for (int i = 0; i < 10; i++)
        {
            Lease again = Rent(pool, 8192);
            Assert.Same(spare, again.Array);
            again.Return();
        }
        Assert.NotSame(spare, full[0].Array);
    }

    [Fact]
    public void A_second_return_throws_and_changes_no_count()
    {
        SlabPool pool = Pool(4L << 20);
        Lease kept = Rent(pool, 128);
        Lease lease = Rent(pool, 128);
        lease.Return();
        Assert.Throws<InvalidOperationException>(lease.Return);
        Assert.Equal(1, pool.Snapshot().Leases);
        Assert.Equal(128, pool.Snapshot().LeasedBytes);
        Assert.NotSame(Rent(pool, 128), Rent(pool, 128));
        kept.Return();
    }

    [Fact]
    public void A_returned_block_is_poisoned_when_asked_for()
    {
        var pool = new SlabPool(new SlabPoolOptions { CeilingBytes = 4 << 20, Poison = true });
        foreach (int size in new[] { 300, (1 << 20) + 5 })
        {
            Lease lease = Rent(pool, size);
            lease.Span.Fill(7);
            lease.Return();
            var block = new ReadOnlySpan<byte>(lease.Array, lease.Offset, lease.Capacity);
            Assert.Equal(-1, block.IndexOfAnyExcept((byte)0xDD));
        }
    }

    [Fact]
    public void A_returned_block_keeps_its_bytes_when_poison_is_off()
    {
        var pool = new SlabPool(new SlabPoolOptions { CeilingBytes = 4 << 20, Poison = false });
        Lease lease = Rent(pool, 300);
        lease.Span.Fill(7);
        lease.Return();
        Assert.Equal(7, lease.Array[lease.Offset]);
    }

    [Fact]
    public void A_use_after_the_return_throws_in_debug_builds()
    {
        bool checks = new SlabPoolOptions().Poison; // both are switched by the build
        Assert.SkipUnless(checks, "Longwire.Primitives is a Release build, which does not check.");
        SlabPool pool = Pool(4L << 20);
        Lease lease = Rent(pool, 300);
        lease.Return();
        Assert.Throws<ObjectDisposedException>(() => lease.Span.Length);
    }

    [Fact]
    public void A_leak_has_the_name_of_its_owner()
    {
        SlabPool pool = Pool(64L << 20);
        LeaseOwner[] owners = Enum.GetValues<LeaseOwner>();
        var leases = new List<Lease>();
        foreach (LeaseOwner owner in owners)
        {
            for (int i = 0; i <= (int)owner; i++)
                leases.Add(Rent(pool, 100, owner));
        }
        foreach (LeaseOwner owner in owners)
            Assert.Equal((int)owner + 1, pool.Leases(owner));
        foreach (Lease lease in leases)
            lease.Return();
        Assert.All(owners, owner => Assert.Equal(0, pool.Leases(owner)));
    }

    [Fact]
    public void A_block_may_change_its_owner_with_each_rent()
    {
        SlabPool pool = Pool(4L << 20);
        Rent(pool, 100, LeaseOwner.Receive).Return();
        Lease again = Rent(pool, 100, LeaseOwner.Message);
        Assert.Equal((0, 1), (pool.Leases(LeaseOwner.Receive), pool.Leases(LeaseOwner.Message)));
        again.Return();
        Assert.Equal(0, pool.Leases(LeaseOwner.Message));
    }

    [Fact]
    public void An_oversize_block_counts_against_the_ceiling_until_it_is_returned()
    {
        SlabPool pool = Pool(5L << 20);
        Lease large = Rent(pool, 3 << 20);
        Assert.Equal(new SlabPoolSnapshot(3 << 20, 3 << 20, 1, 0), pool.Snapshot());
        Assert.False(pool.TryRent(3 << 20, LeaseOwner.Frame, out _));
        large.Return();
        Assert.Equal(new SlabPoolSnapshot(0, 0, 0, 1), pool.Snapshot());
        Assert.Throws<InvalidOperationException>(large.Return);
    }

    [Fact]
    public void A_block_that_the_runtime_cannot_make_is_refused_and_its_bytes_are_given_back()
    {
        SlabPool pool = Pool(long.MaxValue / 2);
        Assert.False(pool.TryRent(int.MaxValue, LeaseOwner.Message, out _)); // arrays end at Array.MaxLength
        Assert.Equal(new SlabPoolSnapshot(0, 0, 0, 1), pool.Snapshot());
    }

    [Fact]
    public void Wrong_arguments_throw()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Pool(Slab - 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Pool(Slab).TryRent(-1, LeaseOwner.Frame, out _));
    }

    [Fact]
    public void The_default_ceiling_is_at_least_64_mebibytes() =>
        Assert.True(new SlabPool().CeilingBytes >= 64 << 20);

    [Fact, Trait("Category", "Allocation")]
    public void Renting_and_returning_allocates_nothing()
    {
        SlabPool pool = Pool(16L << 20);
        Allocations.AssertNone(() =>
        {
            for (int size = 1; size <= 1 << 20; size <<= 4)
            {
                if (pool.TryRent(size, LeaseOwner.Message, out Lease? lease))
                    lease.Return();
            }
        });
    }

    private static SlabPool Pool(long ceiling) => new(new SlabPoolOptions { CeilingBytes = ceiling });

    private static Lease Rent(SlabPool pool, int bytes, LeaseOwner owner = LeaseOwner.Message)
    {
        Assert.True(pool.TryRent(bytes, owner, out Lease? lease), $"{bytes} bytes were refused.");
        return lease;
    }
}
