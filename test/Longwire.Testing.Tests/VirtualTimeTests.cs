namespace Longwire.Testing.Tests;

/// <summary>The clock and the random source.</summary>
public sealed class VirtualTimeTests
{
    [Fact]
    public void Timers_run_at_their_own_time_in_order()
    {
        var time = new VirtualTime();
        List<string> ran = [];
        using ITimer late = time.CreateTimer(_ => Note("late"), null, Seconds(3), Timeout.InfiniteTimeSpan);
        using ITimer often = time.CreateTimer(_ => Note("often"), null, Seconds(1), Seconds(1));
        using ITimer never = time.CreateTimer(_ => Note("never"), null, Seconds(2), Timeout.InfiniteTimeSpan);
        never.Dispose();
        Assert.Equal(TimeSpan.FromSeconds(1), time.NextTimer);
        time.Advance(TimeSpan.FromSeconds(3.5));
        Assert.Equal(["often 1", "often 2", "late 3", "often 3"], ran);
        Assert.Equal(TimeSpan.FromSeconds(3.5), time.Elapsed);
        Assert.Equal(TimeSpan.FromSeconds(3.5), time.GetElapsedTime(0));
        Assert.False(never.Change(TimeSpan.Zero, TimeSpan.Zero));

        static TimeSpan Seconds(int count) => TimeSpan.FromSeconds(count);

        void Note(string what) => ran.Add($"{what} {time.Elapsed.TotalSeconds}");
    }

    [Fact]
    public void A_cancellation_source_follows_the_clock()
    {
        var time = new VirtualTime();
        using var source = new CancellationTokenSource(TimeSpan.FromHours(1), time);
        time.Advance(TimeSpan.FromMinutes(59));
        Assert.False(source.IsCancellationRequested);
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.True(source.IsCancellationRequested);
    }

    [Fact]
    public void The_random_source_is_the_published_one_and_stays_in_range()
    {
        // SplitMix64 from 0 gives the state e220a8397b1dcdaf 6e789e6aa1b965f4 06c45d188009454f f88bb8a8724c81ec;
        // the first output of xoshiro256** is rotl(s1 * 5, 7) * 9.
        ulong first = ulong.RotateLeft(unchecked(0x6e789e6aa1b965f4UL * 5), 7) * 9;
        Assert.Equal(first, new SeededRandom(0).NextUInt64());
        var random = new SeededRandom(42);
        int[] seen = new int[10];
        for (int i = 0; i < 10_000; i++)
        {
            seen[random.Next(10)]++;
            Assert.InRange(random.Between(-3, 3), -3, 3);
            Assert.InRange(random.NextDouble(), 0, 1);
            Assert.InRange(random.NextTime(TimeSpan.FromSeconds(1)), TimeSpan.Zero, TimeSpan.FromSeconds(1));
        }
        Assert.All(seen, count => Assert.InRange(count, 800, 1200));
    }
}
