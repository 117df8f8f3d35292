namespace Longwire.Primitives.Tests;

public sealed class TimerWheelTests
{
    private const int Turn = 1024; // slots of the wheel: the interesting distances lie around its multiples

    private readonly TimerWheel _wheel = new();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(Turn - 1)]
    [InlineData(Turn)]
    [InlineData(Turn + 1)]
    [InlineData(10 * Turn + 7)]
    public void A_timer_expires_at_its_tick_and_not_before(int due)
    {
        var timer = new Timer();
        _wheel.Arm(timer, due);
        for (int tick = 1; tick < due; tick++)
        {
            _wheel.Advance(tick);
            Assert.Empty(timer.Expired);
        }
        _wheel.Advance(due);
        Assert.Equal([due], timer.Expired);
        Assert.False(TimerWheel.IsArmed(timer, out _));
        _wheel.Advance(due + 3 * Turn);
        Assert.Single(timer.Expired);
    }

    [Theory]
    [InlineData(-5)]
    [InlineData(0)]
    [InlineData(99)]
    [InlineData(100)]
    public void A_deadline_that_has_passed_expires_at_the_next_tick(int due)
    {
        _wheel.Advance(100);
        var timer = new Timer();
        _wheel.Arm(timer, due);
        Assert.True(TimerWheel.IsArmed(timer, out long armed));
        Assert.Equal(101, armed);
        _wheel.Advance(101);
        Assert.Equal([101L], timer.Expired);
    }

    [Fact]
    public void A_clock_that_jumps_many_turns_expires_all_that_is_due_and_nothing_else()
    {
        Timer[] timers = [.. Enumerable.Range(0, 50).Select(_ => new Timer())];
        for (int i = 0; i < timers.Length; i++)
            _wheel.Arm(timers[i], 1 + i * 333);
        long jump = 25 * 333;
        _wheel.Advance(jump);
        for (int i = 0; i < timers.Length; i++)
            Assert.Equal(1 + i * 333 <= jump, timers[i].Expired.Count == 1);
        Assert.Equal(jump, _wheel.Current);
    }

    [Fact]
    public void Arming_again_moves_a_timer()
    {
        var timer = new Timer();
        _wheel.Arm(timer, 10);
        _wheel.Arm(timer, 20);
        Assert.Equal(1, _wheel.Count);
        _wheel.Advance(19);
        Assert.Empty(timer.Expired);
        _wheel.Advance(20);
        Assert.Equal([20L], timer.Expired);
    }

    [Fact]
    public void A_disarmed_timer_does_not_expire_and_disarming_twice_is_harmless()
    {
        Timer first = new(), second = new(), third = new();
        foreach (Timer timer in (Timer[])[first, second, third])
            _wheel.Arm(timer, 10);
        _wheel.Disarm(second);
        _wheel.Disarm(second);
        Assert.Equal(2, _wheel.Count);
        _wheel.Advance(10);
        Assert.Equal((1, 0, 1), (first.Expired.Count, second.Expired.Count, third.Expired.Count));
        Assert.Equal(0, _wheel.Count);
    }

    [Fact]
    public void A_clock_that_stands_still_or_goes_back_does_nothing()
    {
        var timer = new Timer();
        _wheel.Advance(10);
        _wheel.Arm(timer, 11);
        _wheel.Advance(10);
        _wheel.Advance(3);
        Assert.Equal(10, _wheel.Current);
        Assert.Empty(timer.Expired);
    }

    [Fact]
    public void A_timer_that_arms_itself_for_now_runs_once_a_tick()
    {
        var timer = new Timer();
        timer.Then = tick => _wheel.Arm(timer, tick);
        _wheel.Arm(timer, 1);
        for (int tick = 1; tick <= 5; tick++)
            _wheel.Advance(tick);
        _wheel.Advance(5 + 2 * Turn);
        Assert.Equal([1L, 2, 3, 4, 5, 5 + 2 * Turn], timer.Expired);
    }

    [Fact]
    public void A_timer_may_disarm_or_move_the_others_of_its_slot()
    {
        Timer[] timers = [.. Enumerable.Range(0, 4).Select(_ => new Timer())];
        foreach (Timer timer in timers)
        {
            // Whichever runs first disarms one neighbour, moves the next by a whole turn (the same slot), keeps one.
            timer.Then = tick =>
            {
                Timer[] others = [.. timers.Where(other => TimerWheel.IsArmed(other, out long due) && due <= tick)];
                if (others.Length != 3)
                    return;
                _wheel.Disarm(others[0]);
                _wheel.Arm(others[1], tick + Turn);
            };
            _wheel.Arm(timer, 5);
        }
        _wheel.Advance(5);
        Assert.Equal(2, timers.Sum(timer => timer.Expired.Count));
        _wheel.Advance(5 + Turn);
        Assert.Equal(3, timers.Sum(timer => timer.Expired.Count));
        Assert.Equal(0, _wheel.Count);
    }

    [Fact]
    public void A_slot_shared_by_many_due_and_many_later_timers_takes_time_in_proportion()
    {
        // 50,000 of each: a scan from the head after every expiry would be 2,500 million steps, many seconds; one walk
        // is a few milliseconds.
        var later = new CountingTimer();
        for (int i = 0; i < 50_000; i++)
            _wheel.Arm(new CountingTimer(), 7);
        for (int i = 0; i < 50_000; i++)
            _wheel.Arm(new CountingTimer(), 7 + Turn);
        _wheel.Arm(later, 7 + Turn);
        var clock = System.Diagnostics.Stopwatch.StartNew();
        _wheel.Advance(7);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(3), $"One slot took {clock.Elapsed}.");
        Assert.Equal(50_001, _wheel.Count);
        Assert.Equal(0, later.Runs);
    }

    [Fact]
    public void Ticks_to_next_is_the_distance_to_the_next_occupied_slot()
    {
        Assert.Equal(-1, _wheel.TicksToNext());
        _wheel.Advance(1000);
        var timer = new Timer();
        foreach (int distance in (int[])[1, 2, 24, 25, 63, 64, 65, 500, Turn - 1, Turn])
        {
            _wheel.Arm(timer, 1000 + distance);
            Assert.Equal(distance, _wheel.TicksToNext());
        }
        _wheel.Arm(timer, 1000 + Turn + 30);
        Assert.Equal(30, _wheel.TicksToNext());
        _wheel.Disarm(timer);
        Assert.Equal(-1, _wheel.TicksToNext());
    }

    [Fact, Trait("Category", "Allocation")]
    public void Arming_disarming_and_expiring_allocate_nothing()
    {
        CountingTimer[] timers = [.. Enumerable.Range(0, 64).Select(_ => new CountingTimer())];
        Allocations.AssertNone(() =>
        {
            for (int i = 0; i < timers.Length; i++)
                _wheel.Arm(timers[i], _wheel.Current + i * 40);
            _wheel.Disarm(timers[^1]);
            _wheel.Advance(_wheel.Current + Math.Max(1, _wheel.TicksToNext()));
            _wheel.Advance(_wheel.Current + Turn);
        });
    }

    private sealed class Timer : TimedWork
    {
        public List<long> Expired { get; } = [];

        public Action<long>? Then { get; set; }

        protected internal override void OnTimer(long tick)
        {
            Assert.False(TimerWheel.IsArmed(this, out _));
            Expired.Add(tick);
            Then?.Invoke(tick);
        }

        protected internal override void Run() => Assert.Fail("Nobody posted this timer.");
    }

    private sealed class CountingTimer : TimedWork
    {
        public int Runs { get; private set; }

        protected internal override void OnTimer(long tick) => Runs++;

        protected internal override void Run() => Runs++;
    }
}
