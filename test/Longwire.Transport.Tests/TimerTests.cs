using System.Diagnostics;
using Longwire.Primitives;

namespace Longwire.Transport.Tests;

public sealed class TimerTests
{
    [Theory, ClassData(typeof(Pollers))]
    public void Timers_fire_in_order_and_never_early(PollerKind kind)
    {
        using var loop = new TestLoop(kind);
        var fired = new List<(int Wanted, double Took)>();
        using var done = new ManualResetEventSlim();
        int[] delays = [200, 25, 100, 1, 60, 140];
        loop.Run(() =>
        {
            foreach (int delay in delays)
            {
                var watch = Stopwatch.StartNew();
                long due = loop.Loop.NowTick + Loop.ToTicks(TimeSpan.FromMilliseconds(delay));
                var timer = new TestTimer(_ =>
                {
                    fired.Add((delay, watch.Elapsed.TotalMilliseconds));
                    if (fired.Count == delays.Length)
                        done.Set();
                });
                loop.Loop.Wheel.Arm(timer, due);
            }
        });
        Wait.For(done, "six timers");
        Assert.Equal(fired.Select(f => f.Wanted).Order(), fired.Select(f => f.Wanted));
        Assert.All(fired, f => Assert.True(f.Took >= f.Wanted, $"due after {f.Wanted} ms, fired after {f.Took} ms"));
    }

    [Theory, ClassData(typeof(Pollers))]
    public void Work_that_ends_a_long_wait_sees_the_present(PollerKind kind)
    {
        using var loop = new TestLoop(kind);
        using var passed = new ManualResetEventSlim();
        loop.Run(() => loop.Loop.Wheel.Arm(new TestTimer(_ => passed.Set()), loop.Loop.NowTick + 5));
        Wait.For(passed, "0.1 s of the loop's own time");
        for (int i = 0; i < 5; i++)
        {
            Wait.Until(() => loop.Loop.IsParked, "the loop to park");
            SpinWait.SpinUntil(() => false, 150); // real time must pass while the loop waits for nothing
            var watch = Stopwatch.StartNew();
            passed.Reset();
            var timer = new TestTimer(_ => passed.Set());
            long ticks = Loop.ToTicks(TimeSpan.FromMilliseconds(100));
            loop.Run(() => loop.Loop.Wheel.Arm(timer, loop.Loop.NowTick + ticks));
            Wait.For(passed, "the timer");
            Assert.True(watch.ElapsedMilliseconds >= 100, $"a 100 ms timer fired after {watch.ElapsedMilliseconds} ms");
        }
    }

    [Fact]
    public void A_loop_stepped_by_hand_lives_in_virtual_time()
    {
        var time = new ManualTime();
        var pool = new SlabPool();
        using var poller = new StepPoller();
        var loop = new Loop(0, poller, pool, time);
        var fired = new List<string>();
        loop.Wheel.Arm(new TestTimer(_ => fired.Add("far")), Loop.ToTicks(TimeSpan.FromDays(30)));
        loop.Wheel.Arm(new TestTimer(_ => fired.Add("near")), Loop.ToTicks(TimeSpan.FromSeconds(1)));
        Step(loop, 3);
        Assert.Empty(fired);
        time.Advance(TimeSpan.FromSeconds(0.99));
        Step(loop, 3);
        Assert.Empty(fired);
        time.Advance(TimeSpan.FromSeconds(0.1));
        loop.RunOnce();
        Assert.Equal(["near"], fired);
        for (int day = 0; day < 29; day++)
        {
            time.Advance(TimeSpan.FromDays(1));
            loop.RunOnce();
        }
        Assert.Equal(["near"], fired);
        time.Advance(TimeSpan.FromDays(1));
        loop.RunOnce();
        Assert.Equal(["near", "far"], fired);
        Assert.Null(Loop.Current);
        loop.Dispose();
    }

    [Fact]
    public void The_wait_ends_at_the_next_deadline_and_not_before_it()
    {
        var time = new ManualTime();
        using var poller = new StepPoller();
        using var loop = new Loop(0, poller, new SlabPool(), time);
        loop.RunOnce();
        Assert.Equal(-1, poller.LastTimeout);
        loop.Wheel.Arm(new TestTimer(_ => { }), 10);
        time.Advance(TimeSpan.FromMilliseconds(3.5));
        loop.RunOnce();
        Assert.Equal(197, poller.LastTimeout);
        loop.Post(new Work(() => loop.Post(new Work(() => loop.Post(new Work(() => { }))))));
        loop.RunOnce();
        Assert.Equal(0, poller.LastTimeout);
    }

    [Fact]
    public void Input_that_arrived_during_a_long_hold_beats_the_deadline_that_it_extends()
    {
        var time = new ManualTime();
        using var poller = new StepPoller();
        using var loop = new Loop(0, poller, new SlabPool(), time);
        var order = new List<string>();
        loop.Wheel.Arm(new TestTimer(_ => order.Add("deadline")), 5);
        time.Advance(TimeSpan.FromSeconds(2));
        loop.Post(new Work(() => order.Add($"input at {loop.NowTick}")));
        loop.RunOnce();
        Assert.Equal(["input at 100", "deadline"], order);
    }

    private static void Step(Loop loop, int times)
    {
        for (int i = 0; i < times; i++)
            loop.RunOnce();
    }
}
