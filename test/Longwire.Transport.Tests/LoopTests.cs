using System.Diagnostics;
using Longwire.Primitives;

namespace Longwire.Transport.Tests;

/// <summary>Inbox, wake-up and faults, over both pollers.</summary>
public sealed class LoopTests
{
    [Theory, ClassData(typeof(Pollers))]
    public void Posts_from_many_threads_to_a_parking_loop_are_never_lost(PollerKind kind)
    {
        const int Threads = 4;
        const int PostsEach = 50_000;
        using var loop = new TestLoop(kind);
        int ran = 0;
        Thread[] threads = [.. Enumerable.Range(0, Threads).Select(_ => new Thread(() =>
        {
            for (int i = 0; i < PostsEach; i++)
            {
                loop.Loop.Post(new Work(() => Volatile.Write(ref ran, ran + 1)));
                if (i % 64 == 0)
                    SpinWait.SpinUntil(() => loop.Loop.IsParked, 1); // the moment that a wake-up could be lost
            }
        }))];
        foreach (Thread thread in threads)
            thread.Start();
        Assert.All(threads, thread => Assert.True(thread.Join(Wait.Deadline * 2), "a poster did not end"));
        Wait.Until(() => Volatile.Read(ref ran) == Threads * PostsEach, "all posts to run");
    }

    [Theory, ClassData(typeof(Pollers))]
    public void Each_post_wakes_a_parked_loop(PollerKind kind)
    {
        using var loop = new TestLoop(kind);
        using var ran = new ManualResetEventSlim();
        for (int i = 0; i < 2_000; i++)
        {
            ran.Reset();
            Wait.Until(() => loop.Loop.IsParked, "the loop to park");
            loop.Post(ran.Set);
            Wait.For(ran, $"post {i} to a parked loop");
        }
    }

    [Theory, ClassData(typeof(Pollers))]
    public void A_loop_posts_to_itself_without_recursion(PollerKind kind)
    {
        using var loop = new TestLoop(kind);
        using var done = new ManualResetEventSlim();
        var depth = new StackDepth();
        int left = 100_000;
        Work? work = null;
        work = new Work(() =>
        {
            depth.Note();
            if (--left == 0)
                done.Set();
            else
                loop.Loop.Post(work!);
        });
        loop.Loop.Post(work);
        Wait.For(done, "100,000 posts of a loop to itself");
        Assert.InRange(depth.Bytes, 0, 4096);
    }

    [Theory, ClassData(typeof(Pollers))]
    public void Two_loops_post_to_each_other(PollerKind kind)
    {
        const int Rounds = 20_000;
        using var left = new TestLoop(kind);
        using var right = new TestLoop(kind, 1);
        using var done = new ManualResetEventSlim();
        int rounds = 0;
        Work? there = null;
        Work? back = null;
        there = new Work(() => right.Loop.Post(back!));
        back = new Work(() =>
        {
            if (++rounds == Rounds)
                done.Set();
            else
                left.Loop.Post(there);
        });
        left.Loop.Post(there);
        Wait.For(done, $"{Rounds} round trips between two loops");
    }

    [Theory, ClassData(typeof(Pollers))]
    public void A_fault_in_posted_work_costs_no_other_work(PollerKind kind)
    {
        using var loop = new TestLoop(kind) { ExpectFaults = true };
        int ran = 0;
        var bad = new Work(() => throw new InvalidOperationException("bad work"));
        loop.Run(() =>
        {
            // All in one batch of the inbox, the bad one in the middle.
            for (int i = 0; i < 5; i++)
                loop.Post(() => ran++);
            loop.Loop.Post(bad);
            for (int i = 0; i < 5; i++)
                loop.Post(() => ran++);
        });
        Wait.Until(() => Volatile.Read(ref ran) == 10, "the work around the bad one");
        (Exception exception, object? culprit) = Assert.Single(loop.Faults);
        Assert.Equal("bad work", exception.Message);
        Assert.Same(bad, culprit);
        Assert.True(loop.Loop.Post(bad), "the bad work can be posted again");
        Wait.Until(() => loop.Faults.Count == 2, "the second fault");
    }

    [Theory, ClassData(typeof(Pollers))]
    public void A_fault_in_a_timer_costs_no_other_timer(PollerKind kind)
    {
        using var loop = new TestLoop(kind) { ExpectFaults = true };
        int ran = 0;
        var bad = new TestTimer(_ => throw new InvalidOperationException("bad timer"));
        loop.Run(() =>
        {
            long due = loop.Loop.NowTick + 3;
            for (int i = 0; i < 10; i++)
            {
                loop.Loop.Wheel.Arm(new TestTimer(_ => ran++), due + i % 2);
                if (i == 5)
                    loop.Loop.Wheel.Arm(bad, due);
            }
        });
        Wait.Until(() => Volatile.Read(ref ran) == 10, "the timers around the bad one");
        Assert.Same(bad, Assert.Single(loop.Faults).Culprit);
    }

    [Theory, ClassData(typeof(Pollers))]
    public void A_fault_in_a_handler_costs_no_other_connection(PollerKind kind)
    {
        using var server = new TestServer(kind, expectFaults: true) { Appetite = Appetite.Echo };
        (var badClient, TestConnection bad) = server.Pair();
        (var client, TestConnection _) = server.Pair();
        server.On(bad, c => c.OnTurn = _ => throw new InvalidOperationException("bad handler"));
        badClient.Send("x"u8);
        client.Send("fine"u8);
        Assert.Equal("fine"u8.ToArray(), Wait.Exactly(client, 4));
        Wait.Until(() => server.TestLoop.Faults.Count > 0, "the fault");
        Assert.Same(bad, server.TestLoop.Faults.First().Culprit);
        server.On(bad, c => c.OnTurn = null);
        badClient.Dispose();
        client.Dispose();
    }

    [Theory, ClassData(typeof(Pollers))]
    public void Whoever_holds_the_loop_is_named(PollerKind kind)
    {
        using var server = new TestServer(kind);
        (var client, TestConnection connection) = server.Pair();
        var work = new Work(() => Hold(80));
        var timer = new TestTimer(_ => Hold(80));
        server.On(connection, c => c.OnTurn = _ => Hold(80));
        client.Send("x"u8);
        server.Loop.Post(work);
        server.TestLoop.Run(() => server.Loop.Wheel.Arm(timer, server.Loop.NowTick + 1));
        foreach (object culprit in new object[] { connection, work, timer })
        {
            Wait.Until(() => server.TestLoop.Holds.Any(hold => hold.Culprit == culprit), $"{culprit} to be named");
            Assert.All(server.TestLoop.Holds, hold => Assert.True(hold.Duration > Loop.HoldWarning));
        }
        server.On(connection, c => c.OnTurn = null);
        client.Dispose();
    }

    [Theory, ClassData(typeof(Pollers))]
    public void Whoever_does_not_end_is_found_once(PollerKind kind)
    {
        using var loop = new TestLoop(kind);
        using var entered = new ManualResetEventSlim();
        using var leave = new ManualResetEventSlim();
        Assert.Null(loop.Loop.FindHolder());
        Work stuck = loop.Post(() =>
        {
            entered.Set();
            Wait.For(leave, "the test to let go");
        });
        Wait.For(entered, "the work to begin");
        Assert.Null(loop.Loop.FindHolder()); // it may have begun just now
        Assert.Same(stuck, loop.Loop.FindHolder());
        Assert.Null(loop.Loop.FindHolder());
        leave.Set();
        loop.Run(() => { });
        Assert.Null(loop.Loop.FindHolder());
        Assert.Null(loop.Loop.FindHolder());
    }

    [Theory, ClassData(typeof(Pollers))]
    public void Time_that_the_container_was_throttled_is_nobodys_hold(PollerKind kind)
    {
        using var loop = new TestLoop(kind);
        TimeSpan throttled = TimeSpan.FromSeconds(5); // from before
        loop.Loop.ThrottledTime = () => throttled;
        loop.Loop.FindHolder();
        loop.Loop.FindHolder();
        loop.Run(() =>
        {
            Hold(80);
            throttled += TimeSpan.FromSeconds(1);
            loop.Loop.FindHolder(); // the watcher looks in the middle of it
        });
        Work mine = loop.Post(() => Hold(80));
        Wait.Until(() => loop.Holds.Count > 0, "the hold that nothing explains");
        Assert.Same(mine, Assert.Single(loop.Holds).Culprit);
    }

    [Theory, ClassData(typeof(Pollers))]
    public void The_time_that_a_report_takes_is_not_the_next_callbacks_hold(PollerKind kind)
    {
        using var loop = new TestLoop(kind) { ReportMilliseconds = 80 };
        Work slow = loop.Post(() =>
        {
            Hold(80);
            for (int i = 0; i < 5; i++)
                loop.Post(() => { }); // all of them in one run of the inbox
        });
        Wait.Until(() => loop.Holds.Count > 0, "the hold");
        loop.Run(() => { });
        Assert.Same(slow, Assert.Single(loop.Holds).Culprit);
    }

    [Fact]
    public void Throttled_time_is_read_from_either_version_of_control_groups()
    {
        Assert.Equal(TimeSpan.FromMilliseconds(7), CpuThrottling.Parse(
            "usage_usec 1\nnr_throttled 3\nthrottled_usec 7000\nnr_bursts 0\n"u8));
        Assert.Equal(TimeSpan.FromMilliseconds(7), CpuThrottling.Parse("nr_periods 9\nthrottled_time 7000000\n"u8));
        Assert.Equal(TimeSpan.Zero, CpuThrottling.Parse("usage_usec 1\nthrottled_usec x\n\nnonsense"u8));
        Assert.Equal(
            "system.slice/longwire.service", CpuThrottling.FindGroup("1:cpu:/x\n0::/system.slice/longwire.service\n"));
        Assert.Equal("", CpuThrottling.FindGroup("1:cpu:/x\n"));
        Assert.True(CpuThrottling.Total() >= TimeSpan.Zero);
    }

    [Theory, ClassData(typeof(Pollers))]
    public void A_loop_is_disposed_twice_and_woken_after_without_harm(PollerKind kind)
    {
        var pool = new SlabPool();
        var loop = new Loop(0, Pollers.Create(kind), pool, TimeProvider.System);
        loop.Start();
        loop.RequestStop();
        Assert.True(loop.Join(Wait.Deadline));
        loop.Dispose();
        loop.Dispose();
        loop.RequestStop();
        loop.Post(new Work(() => { }));
        Assert.Equal(0, pool.Snapshot().Leases);
    }

    [Theory, ClassData(typeof(Pollers))]
    public void Disposing_a_running_loop_ends_its_thread_first(PollerKind kind)
    {
        var loop = new Loop(0, Pollers.Create(kind), new SlabPool(), TimeProvider.System);
        loop.Start();
        loop.Dispose();
        Assert.True(loop.Join(TimeSpan.Zero), "the thread uses disposed memory");
    }

    [Theory, ClassData(typeof(Pollers))]
    public void A_waiting_loop_does_not_tick(PollerKind kind)
    {
        using var loop = new TestLoop(kind);
        long before = loop.Run(() => loop.Loop.Ticks);
        using var passed = new ManualResetEventSlim();
        loop.Run(() => loop.Loop.Wheel.Arm(new TestTimer(_ => passed.Set()), loop.Loop.NowTick + 10));
        Wait.For(passed, "0.2 s of the loop's own time");
        Assert.InRange(loop.Run(() => loop.Loop.Ticks) - before, 1, 10);
    }

    internal static void Hold(int milliseconds)
    {
        var watch = Stopwatch.StartNew();
        while (watch.ElapsedMilliseconds < milliseconds)
        {
        }
    }
}
