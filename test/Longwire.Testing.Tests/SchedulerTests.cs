using Longwire.Primitives;
using Longwire.Transport;

namespace Longwire.Testing.Tests;

/// <summary>Loops without threads: parking, time, order from a seed, and the two detectors.</summary>
public sealed class SchedulerTests
{
    [Fact]
    public void A_loop_is_parked_until_its_next_timer_and_time_jumps_there()
    {
        using Rig rig = Scripted();
        Loop loop = rig.Loops[1];
        Assert.True(rig.Scheduler.IsParked(loop, out TimeSpan? until));
        Assert.Null(until);
        Assert.True(loop.IsParked);
        Assert.False(rig.Scheduler.AdvanceToNext());

        var timer = new Ticking(loop);
        loop.Post(timer);
        rig.Scheduler.RunUntilIdle();
        Assert.True(rig.Scheduler.IsParked(loop, out until));
        Assert.Equal(TimeSpan.FromMilliseconds(200), until);
        Assert.True(rig.Scheduler.AdvanceToNext());
        rig.Scheduler.RunUntilIdle();
        Assert.Equal(TimeSpan.FromMilliseconds(200), timer.At);
    }

    [Fact]
    public void A_loop_stepped_by_hand_needs_no_scheduler()
    {
        var time = new VirtualTime();
        var network = new MemoryNetwork(time, FaultPlan.None, seed: 7);
        var loop = new Loop(0, network.CreatePoller(), new SlabPool(), time);
        var timer = new Ticking(loop);
        loop.Post(timer);
        loop.RunOnce();
        time.Advance(TimeSpan.FromMilliseconds(199));
        loop.RunOnce();
        Assert.Null(timer.At);
        time.Advance(TimeSpan.FromMilliseconds(1));
        loop.RunOnce();
        Assert.Equal(time.Elapsed, timer.At);
        loop.Dispose();
        Assert.Empty(network.Pollers);
    }

    [Fact]
    public void A_stopped_loop_ends_after_its_tick()
    {
        using Rig rig = Scripted();
        long before = rig.Loops[0].Ticks;
        rig.Loops[0].RequestStop();
        rig.Scheduler.RunUntilIdle();
        Assert.Equal(before, rig.Loops[0].Ticks);
        rig.Scheduler.Step(rig.Loops[1]);
        Assert.True(rig.Scheduler.IsParked(rig.Loops[1], out _));
    }

    [Fact]
    public void A_lost_wake_up_is_found()
    {
        using Rig rig = Scripted();
        rig.Network.Pollers[1].LosesWakes = true;
        rig.Loops[1].Post(new Ticking(rig.Loops[1]));
        rig.Loops[0].Post(new Ticking(rig.Loops[0]));
        var found = Assert.Throws<SimulationFailedException>(rig.Scheduler.RunUntilIdle);
        Assert.Contains("A wake-up was lost: loop 1 is parked, its inbox", found.Message, StringComparison.Ordinal);
        Assert.Contains("network seed 1", found.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_lost_wake_up_is_found_even_when_nobody_else_runs()
    {
        using Rig rig = Scripted();
        rig.Network.Pollers[0].LosesWakes = true;
        rig.Loops[0].Post(new Ticking(rig.Loops[0]));
        Assert.Throws<SimulationFailedException>(rig.Scheduler.RunUntilIdle);
    }

    [Fact]
    public void A_livelock_is_found_and_names_who_runs()
    {
        using Rig rig = Scripted();
        rig.Scheduler.StepLimit = 1000;
        rig.Loops[1].Post(new Restless(rig.Loops[1]));
        var found = Assert.Throws<SimulationFailedException>(rig.Scheduler.RunUntilIdle);
        Assert.Contains("Livelock: 1000 steps", found.Message, StringComparison.Ordinal);
        Assert.Contains("still running: loop 1", found.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Waiting_in_vain_says_for_what()
    {
        using Rig rig = Scripted();
        var found = Assert.Throws<SimulationFailedException>(
            () => rig.Scheduler.RunUntil("pigs fly", () => false, TimeSpan.FromMinutes(1)));
        Assert.Contains("until pigs fly", found.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_post_from_another_loop_wakes_at_the_end_of_its_tick()
    {
        using Rig rig = Scripted();
        var timer = new Ticking(rig.Loops[1]);
        rig.Loops[0].Post(new Poster(rig.Loops[1], timer));
        rig.Scheduler.Step(rig.Loops[0]);
        Assert.True(rig.Network.Pollers[1].IsWakePending);
        rig.Scheduler.RunFor(TimeSpan.FromSeconds(1));
        Assert.NotNull(timer.At);
    }

    [Fact]
    public void Pool_work_runs_in_an_order_of_the_seed_and_awaits_come_back()
    {
        Assert.NotEqual(Order(1), Order(2));
        Assert.Equal(Order(3), Order(3));
    }

    [Fact]
    public void Steps_may_nest_where_threads_may_meet()
    {
        using Rig rig = Scripted();
        var executor = new SeededExecutor(5);
        rig.Scheduler.Add(executor);
        int outside = 0;
        for (int i = 0; i < 50; i++)
        {
            executor.Post(() =>
            {
                Assert.Null(Loop.Current);
                rig.Scheduler.Interleave();
                Assert.Null(Loop.Current);
                outside++;
            });
        }
        rig.Loops[0].Post(new Meeting(rig));
        rig.Scheduler.RunUntilIdle();
        Assert.Equal(50, outside);
    }

    private static string Order(ulong seed)
    {
        var executor = new SeededExecutor(seed);
        List<int> order = [];
        for (int i = 0; i < 10; i++)
        {
            int number = i;
            executor.Post(() => _ = OuterAsync(number));
        }
        while (executor.IsRunnable)
            executor.Step();
        Assert.Equal(30, order.Count);
        return string.Join(' ', order);

        async Task OuterAsync(int number)
        {
            await TwiceAsync(number).ConfigureAwait(false);
            order.Add(number + 20); // in the step in which the inner task completed, not on the framework's pool
        }

        async Task TwiceAsync(int number)
        {
            order.Add(number);
            await executor.Yield();
            order.Add(number + 10);
        }
    }

    private static Rig Scripted() => new((wire, loop) => new ScriptedSession(wire, loop));

    private sealed class Ticking(Loop loop) : TimedWork
    {
        internal TimeSpan? At { get; private set; }

        protected override void Run() =>
            loop.Wheel.Arm(this, loop.NowTick + 10); // of 20 ms each

        protected override void OnTimer(long tick) => At = tick * TimerWheel.Tick;
    }

    private sealed class Restless(Loop loop) : LoopWork
    {
        protected override void Run() => loop.Post(this);
    }

    private sealed class Poster(Loop target, LoopWork work) : LoopWork
    {
        protected override void Run()
        {
            target.Post(work);
            Assert.False(target.IsEmpty);
        }
    }

    private sealed class Meeting(Rig rig) : LoopWork
    {
        protected override void Run()
        {
            for (int i = 0; i < 20; i++)
            {
                rig.Scheduler.Interleave();
                Assert.Same(rig.Loops[0], Loop.Current);
            }
        }
    }
}
