using HdrHistogram;

namespace Longwire.Load;

/// <summary>What the subscribers of a run saw.</summary>
/// <remarks>Owner: a scenario. Concurrency: written on the loop; anybody may read the counters. Bound: fixed.</remarks>
internal sealed class Tally(TimeProvider time)
{
    private const long MostMicroseconds = 3_600_000_000; // an hour; longer is recorded as an hour

    private long _deliveries;
    private long _missing;
    private long _outOfOrder;
    private long _corrupted;

    internal long Deliveries => Volatile.Read(ref _deliveries);

    /// <summary>Messages that a reading subscriber never got.</summary>
    internal long Missing => Volatile.Read(ref _missing);

    internal long OutOfOrder => Volatile.Read(ref _outOfOrder);

    internal long Corrupted => Volatile.Read(ref _corrupted);

    /// <summary>Microseconds from when a message was due to its arrival at a subscriber.</summary>
    internal LongHistogram Latency { get; } = new(MostMicroseconds, 3);

    internal bool IsClean => Missing == 0 && OutOfOrder == 0 && Corrupted == 0;

    internal void Delivered() => Volatile.Write(ref _deliveries, _deliveries + 1);

    internal void RecordLatency(long due)
    {
        double microseconds = time.GetElapsedTime(due).TotalMicroseconds;
        Latency.RecordValue(Math.Clamp((long)microseconds, 0, MostMicroseconds));
    }

    internal void Missed(long count) => Volatile.Write(ref _missing, _missing + count);

    internal void Disordered() => Volatile.Write(ref _outOfOrder, _outOfOrder + 1);

    internal void Damaged() => Volatile.Write(ref _corrupted, _corrupted + 1);
}
