using HdrHistogram;

namespace Longwire.Load.Workloads;

/// <summary>What came of one stretch of work.</summary>
/// <remarks>Owner: whoever measures. Concurrency: one thread. Bound: a histogram of fixed size, some counts.</remarks>
internal sealed class Slice
{
    private const long MostMicroseconds = 3_600_000_000; // an hour; longer is recorded as an hour
    private const int Digits = 3;

    private static readonly long s_ticksPerMicrosecond = TimeProvider.System.TimestampFrequency / 1_000_000;

    /// <summary>Deliveries, answers, messages taken or accepts.</summary>
    internal long Operations { get; set; }

    /// <summary>What else was counted; see <see cref="Count"/>.</summary>
    internal SortedDictionary<string, long> Counts { get; } = new(StringComparer.Ordinal);

    /// <summary>Microseconds.</summary>
    internal LongHistogram Latency { get; private set; } = NewHistogram();

    /// <summary>No error was counted.</summary>
    internal bool IsClean => CountNames.AreClean(Counts);

    internal static LongHistogram NewHistogram() => new(MostMicroseconds, Digits);

    internal static void Record(LongHistogram histogram, long fromTimestamp, long toTimestamp) => histogram.RecordValue(
        Math.Clamp((toTimestamp - fromTimestamp) / s_ticksPerMicrosecond, 0, MostMicroseconds));

    internal Slice Count(string name, long value)
    {
        Counts[name] = Counts.GetValueOrDefault(name) + value;
        return this;
    }

    internal void TakeLatency(LongHistogram histogram) => Latency = histogram;

    internal void Add(Slice other)
    {
        Operations += other.Operations;
        foreach ((string name, long value) in other.Counts)
            Count(name, value);
        Latency.Add(other.Latency);
    }
}
