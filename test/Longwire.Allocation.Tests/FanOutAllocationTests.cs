using System.Diagnostics;
using System.Reflection;
using Longwire.Primitives;
using Longwire.Transport.Epoll;

namespace Longwire.Allocation.Tests;

/// <summary>
/// Pushing costs no garbage: neither on the loops, nor at the publisher, nor anywhere else in the process.
/// </summary>
[Collection(AllocationCollection.Name)]
public sealed class FanOutAllocationTests(ITestOutputHelper output)
{
    private const int Subscribers = 200;
    private const int SlowSubscribers = 20;
    private const int Messages = 5_000; // for 200 subscribers: 1,000,000 deliveries

    internal const string NotOptimised =
        "The library was built without optimisation; .ci/run asserts this in Release.";

    /// <summary>
    /// Debug code keeps closures and boxes that the optimiser removes, so the answer would not be about the library.
    /// </summary>
    internal static bool IsOptimised =>
        typeof(SlabPool).Assembly.GetCustomAttribute<DebuggableAttribute>()?.IsJITOptimizerDisabled != true;

    [Fact]
    [Trait("Category", "Allocation")]
    public async Task A_million_deliveries_allocate_nothing()
    {
        Assert.SkipUnless(EpollPoller.IsSupported, "the epoll poller is for Linux on x64");
        AllocatedBytes allocated = await MeasureAsync(PollerKind.Epoll);
        Assert.Equal(0, allocated.OnLoops);
        Assert.Equal(0, allocated.InProcess);
    }

    [Fact]
    [Trait("Category", "Allocation")]
    public async Task Sockets_allocate_nothing_per_delivery()
    {
        AllocatedBytes allocated = await MeasureAsync(PollerKind.Socket);
        // The framework makes a few objects of its own when a send has to wait, more of them on a busy machine (30 KB
        // were seen); two arrays per send were 24 MB.
        Assert.InRange(allocated.InProcess, 0, 128 << 10);
    }

    private async Task<AllocatedBytes> MeasureAsync(PollerKind poller)
    {
        Assert.SkipUnless(IsOptimised, NotOptimised);
        await using FanOut run = await FanOut.StartAsync(poller, Subscribers, SlowSubscribers);
        run.Prime();
        run.Publish(Messages / 2); // warm: methods are compiled, sockets have their operations
        run.Measure();
        DeliveryCounts before = run.Deliveries;
        AllocatedBytes start = run.Measure();
        run.Publish(Messages);
        AllocatedBytes end = run.Measure();
        DeliveryCounts after = run.Deliveries;

        output.WriteLine($"before {before}; after {after}; allocated from {start} to {end}");
        long queued = after.Queued - before.Queued;
        Assert.True(after.Conflated > before.Conflated, "nothing was conflated: the slow were not slow");
        Assert.True(after.Dropped > before.Dropped, "nothing was dropped: the slow were not slow");
        Assert.True(queued + after.Dropped - before.Dropped + after.Conflated - before.Conflated
            >= Subscribers * Messages, $"only {queued} deliveries were queued");
        return new AllocatedBytes(end.OnLoops - start.OnLoops, end.InProcess - start.InProcess);
    }
}

/// <summary>What counts the process's allocations runs alone in it.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AllocationCollection
{
    internal const string Name = "allocation";
}
