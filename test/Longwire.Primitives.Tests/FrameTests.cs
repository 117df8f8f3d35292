namespace Longwire.Primitives.Tests;

public sealed class FrameTests
{
    private readonly SlabPool _pool = new(new SlabPoolOptions { CeilingBytes = 16 << 20 });

    [Fact]
    public void A_frame_is_a_window_of_its_length_on_a_larger_block()
    {
        Frame frame = Rent(100);
        Assert.Equal((100, 128), (frame.Length, frame.HeldBytes));
        frame.Span.Fill(5);
        Assert.Equal(100, frame.Array.AsSpan(frame.Offset, frame.HeldBytes).Count((byte)5));
        Assert.Equal(1, _pool.Leases(LeaseOwner.Frame));
        frame.Release();
    }

    [Fact]
    public void Only_the_last_release_returns_the_memory()
    {
        Frame frame = Rent(100);
        frame.AddReference();
        frame.AddReference();
        frame.Release();
        frame.Release();
        Assert.Equal(1, _pool.Leases(LeaseOwner.Frame));
        frame.Release();
        Assert.Equal(0, _pool.Leases(LeaseOwner.Frame));
    }

    [Fact]
    public void A_frame_of_no_bytes_is_a_frame()
    {
        Frame frame = Rent(0);
        Assert.Equal(0, frame.Span.Length);
        frame.Release();
    }

    [Fact]
    public void Truncating_shortens_the_message_and_never_lengthens_it()
    {
        Frame frame = Rent(100);
        Assert.Throws<ArgumentOutOfRangeException>(() => frame.Truncate(101));
        Assert.Throws<ArgumentOutOfRangeException>(() => frame.Truncate(-1));
        frame.Truncate(40);
        Assert.Equal((40, 40, 128), (frame.Length, frame.Span.Length, frame.HeldBytes));
        Assert.Throws<ArgumentOutOfRangeException>(() => frame.Truncate(41));
        frame.Release();
    }

    [Fact]
    public void A_joined_frame_knows_which_of_its_messages_are_not_sent()
    {
        var locals = new LocalFramePool();
        for (int life = 0; life < 2; life++) // the second time with a recycled one
        {
            LocalFrame joined = locals.Take(Rent(9), null, 3);
            Assert.Equal((1, 1), (joined.Messages, joined.MessagesAfter(5)));
            foreach (int length in (int[])[2, 3, 4])
            {
                LocalFrame part = locals.Take(Rent(length), null, length);
                part.Frame.Span.Fill((byte)length);
                joined.Join(part);
                part.Done();
            }
            Assert.Equal([2, 2, 3, 3, 3, 4, 4, 4, 4], joined.Frame.Span.ToArray());
            Assert.Equal((3, 4L), (joined.Messages, joined.Latest.Sequence));
            Assert.Equal(
                [3, 3, 2, 2, 2, 1, 1, 1, 1, 0], Enumerable.Range(0, 10).Select(sent => joined.MessagesAfter(sent)));
            joined.Done();
            Assert.Equal((0, 0), (locals.InUse, _pool.Leases(LeaseOwner.Frame)));
        }
    }

    [Fact]
    public void A_frame_that_is_rented_again_has_no_trace_of_its_former_life()
    {
        object key = new();
        Frame first = Rent(100);
        first.AddVariant(key, Rent(500));
        first.Truncate(3);
        first.Release();
        Frame again = Rent(90);
        Assert.Same(first, again); // the block that was returned last is rented first
        Assert.Equal(90, again.Length);
        Assert.Null(again.FindVariant(key));
        again.Release();
        Assert.Equal(0, _pool.Snapshot().Leases);
    }

    [Fact]
    public void A_variant_is_found_by_the_key_that_made_it_and_by_no_other()
    {
        object line = new(), packet = new();
        Frame frame = Rent(100);
        Assert.Null(frame.FindVariant(line));
        Frame first = Rent(10), second = Rent(20);
        Assert.Same(first, frame.AddVariant(line, first));
        Assert.Same(second, frame.AddVariant(packet, second));
        Assert.Same(first, frame.FindVariant(line));
        Assert.Same(second, frame.FindVariant(packet));
        Assert.Null(frame.FindVariant(new object()));
        frame.Release();
    }

    [Fact]
    public void A_second_variant_of_one_key_is_returned_and_the_first_stays()
    {
        object key = new();
        Frame frame = Rent(100);
        Frame first = Rent(10), late = Rent(20);
        frame.AddVariant(key, first);
        Assert.Same(first, frame.AddVariant(key, late));
        Assert.Equal(2, _pool.Snapshot().Leases);
        frame.Release();
        Assert.Equal(0, _pool.Snapshot().Leases);
    }

    [Fact]
    public void The_last_release_returns_the_variants_that_nobody_else_holds()
    {
        Frame frame = Rent(100);
        Frame held = frame.AddVariant(new object(), Rent(10));
        frame.AddVariant(new object(), Rent(20));
        frame.AddVariant(new object(), Rent(30));
        held.AddReference();
        held.Span.Fill(9);
        frame.Release();
        Assert.Equal(1, _pool.Snapshot().Leases);
        Assert.Equal(10, held.Span.Count((byte)9));
        held.Release();
        Assert.Equal(0, _pool.Snapshot().Leases);
    }

    [Fact]
    public void Two_threads_that_make_one_variant_agree_on_one()
    {
        const int rounds = 5_000;
        var keys = new object[] { new(), new(), new() };
        Frame[] frames = [.. Enumerable.Range(0, rounds).Select(_ => Rent(128))];
        var results = new Frame[2, rounds, 3];
        Deadline.RunTogether("both threads to add their variants", Add(0), Add(1));
        for (int round = 0; round < rounds; round++)
        {
            for (int key = 0; key < keys.Length; key++)
            {
                Assert.Same(results[0, round, key], results[1, round, key]);
                Assert.Same(results[0, round, key], frames[round].FindVariant(keys[key]));
            }
        }
        Assert.Equal(rounds * (1 + keys.Length), _pool.Leases(LeaseOwner.Frame));
        foreach (Frame frame in frames)
            frame.Release();
        Assert.Equal(0, _pool.Leases(LeaseOwner.Frame));

        Action Add(int thread) => () =>
        {
            for (int round = 0; round < rounds; round++)
            {
                for (int i = 0; i < keys.Length; i++)
                {
                    // The second thread walks the keys backwards, so that different and same keys collide.
                    int key = thread == 0 ? i : keys.Length - 1 - i;
                    results[thread, round, key] = frames[round].AddVariant(keys[key], Rent(128));
                }
            }
        };
    }

    [Fact]
    public void References_taken_and_released_on_many_threads_balance()
    {
        Frame frame = Rent(1000);
        Deadline.RunTogether("the reference hammer", [.. Enumerable.Range(0, 4).Select(_ => (Action)(() =>
        {
            for (int i = 0; i < 100_000; i++)
            {
                frame.AddReference();
                frame.Release();
            }
        }))]);
        Assert.Equal(1, _pool.Leases(LeaseOwner.Frame));
        frame.Release();
        Assert.Equal(0, _pool.Leases(LeaseOwner.Frame));
    }

    [Fact, Trait("Category", "Allocation")]
    public void A_frame_with_variants_allocates_nothing_once_its_blocks_have_been_used()
    {
        object line = new(), packet = new();
        Allocations.AssertNone(() =>
        {
            Frame frame = Rent(100);
            frame.AddVariant(line, Rent(300));
            frame.AddVariant(packet, Rent(100));
            frame.FindVariant(line)!.AddReference();
            frame.FindVariant(line)!.Release();
            frame.Release();
        });
    }

    private Frame Rent(int length)
    {
        Assert.True(_pool.TryRentFrame(length, out Frame? frame));
        return frame;
    }
}
