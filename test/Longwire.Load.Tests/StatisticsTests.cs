using Longwire.Load.Comparing;
using Longwire.Load.Results;
using Longwire.Load.Scenarios;
using Longwire.Load.Servers;
using Longwire.Load.Soaking;
using Longwire.Load.Workloads;

namespace Longwire.Load.Tests;

/// <summary>The arithmetic behind every claim.</summary>
public sealed class StatisticsTests
{
    [Theory]
    [InlineData(new[] { 3.0 }, 3.0)]
    [InlineData(new[] { 9.0, 1.0, 2.0 }, 2.0)]
    [InlineData(new[] { 4.0, 1.0, 2.0, 3.0 }, 2.5)]
    public void A_median_is_the_middle(double[] values, double expected) => Assert.Equal(expected, Median.Of(values));

    [Fact]
    public void Equal_ratios_have_no_width()
    {
        var ratio = PairedRatio.Of([1.5, 1.5, 1.5], seed: 1);

        Assert.Equal(new PairedRatio(1.5, 1.5, 1.5, 3), ratio);
    }

    [Fact]
    public void The_interval_holds_the_median_and_narrows_with_pairs()
    {
        double[] some = [.. Enumerable.Range(0, 10).Select(static i => 1 + i / 10.0)];
        double[] many = [.. Enumerable.Repeat(some, 20).SelectMany(static one => one)];

        var few = PairedRatio.Of(some, seed: 1);
        var more = PairedRatio.Of(many, seed: 1);

        Assert.Equal(1.45, few.Ratio, 6);
        Assert.InRange(few.Ratio, few.Low, few.High);
        Assert.InRange(more.Ratio, more.Low, more.High);
        Assert.True(more.High - more.Low < (few.High - few.Low) / 2, $"{few} {more}");
    }

    [Fact]
    public void The_same_seed_gives_the_same_interval()
    {
        double[] ratios = [1, 1.2, 0.9, 1.4, 1.1];

        Assert.Equal(PairedRatio.Of(ratios, seed: 7), PairedRatio.Of(ratios, seed: 7));
    }

    [Fact]
    public void One_wild_pair_does_not_move_the_median() =>
        Assert.Equal(1.0, PairedRatio.Of([1, 1, 1, 1, 50], seed: 1).Ratio);

    [Fact]
    public void A_round_goes_forth_and_back()
    {
        Assert.Equal([[0, 1, 2], [2, 1, 0]], Rounds.Halves(3));
        Assert.Equal([[0, 1], [1, 0]], Rounds.Halves(2));
    }

    [Fact]
    public void Slices_are_paired_by_their_place()
    {
        ComparisonResult result = Comparer.Compare(
            [("base", [Cost(1000), Cost(2000)]), ("other", [Cost(1500), Cost(3000)])], baseline: 0, seed: 1);

        ComparisonRow row = Assert.Single(result.Rows, static row => row.Metric == Metrics.Cpu);
        Assert.Equal(("base", "other", 1.5, 2), (result.Baseline, row.Server, row.MedianRatio, row.Pairs));
    }

    [Fact]
    public void Message_n_is_due_n_intervals_after_the_first_whatever_became_of_the_others()
    {
        var schedule = new Schedule(FirstDue: 1000, Interval: 2.5);

        Assert.Equal([1000, 1002, 1005, 1007, 1010], Enumerable.Range(0, 5).Select(n => schedule.DueAt(n)));
        Assert.Equal((0, 1, 1, 2, 5), (
            schedule.DueBy(999), schedule.DueBy(1000), schedule.DueBy(1002), schedule.DueBy(1003),
            schedule.DueBy(1010)));
    }

    [Fact]
    public void A_schedule_does_not_drift()
    {
        var schedule = new Schedule(FirstDue: 0, Interval: 1e9 / 3);

        Assert.Equal(1_000_000_000L * 1_000_000, schedule.DueAt(3_000_000));
    }

    [Fact]
    public void Growth_is_named_by_its_limit()
    {
        var limits = new GrowthLimits(MemoryPercent: 10, Descriptors: 5, LatencyPercent: 50);

        Assert.Empty(Growth.Find(Windows(static n => (100 << 20, 50, 2000)), limits));
        Assert.Empty(Growth.Find(
            Windows(static n => ((100 + n % 2) << 20, 50 + n % 3, n == 5 ? 99_000 : 2000)), limits));
        Assert.Contains("--memory-growth", Assert.Single(
            Growth.Find(Windows(static n => ((100 + 3 * n) << 20, 50, 2000)), limits)), StringComparison.Ordinal);
        Assert.Contains("--descriptor-growth", Assert.Single(
            Growth.Find(Windows(static n => (100 << 20, 50 + n, 2000)), limits)), StringComparison.Ordinal);
        Assert.Contains("--latency-growth", Assert.Single(
            Growth.Find(Windows(static n => (100 << 20, 50, 2000 + 600 * n)), limits)), StringComparison.Ordinal);
    }

    [Fact]
    public void Marginal_memory_is_what_the_last_step_added()
    {
        MemoryUse memory = SteppedRun.Memory(
            1_000_000, [Step(100, 1_200_000), Step(200, 1_250_000), Step(300, 1_300_000)], kernel: 900_000);

        Assert.Equal((500.0, 1000.0, 3000.0), (
            memory.MarginalBytesPerConnection, memory.AverageBytesPerConnection, memory.KernelBytesPerConnection));
    }

    [Fact]
    public void The_table_of_strace_is_read()
    {
        SortedDictionary<string, long> calls = SystemCallCount.Parse(
        [
            "% time     seconds  usecs/call     calls    errors syscall",
            "------ ----------- ----------- --------- --------- ----------------",
            " 98.10    0.531240           5    100000           sendmsg",
            "  1.90    0.010290           2      4000        12 epoll_wait",
            "------ ----------- ----------- --------- --------- ----------------",
            "100.00    0.541530           5    104000        12 total",
        ]);

        Assert.Equal([new("epoll_wait", 4000), new KeyValuePair<string, long>("sendmsg", 100_000)], calls);
    }

    [Fact]
    public void What_the_kernel_tells_of_its_memory_is_read()
    {
        Assert.Equal(10 * 2048 + 3 * 64, KernelMemory.CacheBytes(
        [
            "slabinfo - version: 2.1",
            "# name            <active_objs> <num_objs> <objsize>",
            "TCP                   10     20   2048   16    8 : tunables    0    0    0 : slabdata  2 2 0",
            "kmalloc-64             3      5     64   64    1 : tunables    0    0    0 : slabdata  1 1 0",
            "ext4_inode_cache      99    100   1000    3    1 : tunables    0    0    0 : slabdata 33 33 0",
        ]));
        Assert.Equal(
            5 * 4096, KernelMemory.BufferBytes(["sockets: used 9", "TCP: inuse 4 orphan 0 tw 2 alloc 7 mem 5"]));
    }

    [Fact]
    public void The_processor_time_of_a_process_is_read_in_nanoseconds()
    {
        long before = SystemClock.ProcessNanoseconds(Environment.ProcessId);
        for (int i = 0; i < 10; i++)
            PairedRatio.Of([1, 2, 3], seed: i);
        long after = SystemClock.ProcessNanoseconds(Environment.ProcessId);

        Assert.SkipUnless(OperatingSystem.IsLinux(), "Processor time of another process is read on Linux only.");
        Assert.True(after > before, $"{before} {after}");
    }

    private static Measurement Cost(long nanosecondsPerOperation) => new(
        new Slice { Operations = 10 }, 1, new CpuSample(0, 0, nanosecondsPerOperation * 10));

    private static StepPoint Step(int connections, long resident) => new()
    {
        Connections = connections,
        ResidentBytes = resident,
    };

    private static SeriesPoint[] Windows(Func<int, (long Resident, int Descriptors, double P99)> of) =>
    [
        .. Enumerable.Range(0, 10).Select(n => new SeriesPoint
        {
            Seconds = n,
            Operations = 1,
            ResidentBytes = of(n).Resident,
            Descriptors = of(n).Descriptors,
            P99 = of(n).P99,
        }),
    ];
}
