using HdrHistogram;
using Longwire.Load.Connections;
using Longwire.Load.Protocols;

namespace Longwire.Load.Workloads;

/// <summary>
/// Checks that every message arrives at every subscriber, in order and as it was sent, and measures how late.
/// </summary>
/// <remarks>
/// Owner: a workload. Concurrency: the loop; anybody may read <see cref="Count"/>. Bound: a number per subscriber and
/// publisher, in one array.
/// </remarks>
internal sealed class Deliveries(LoadLoop loop, MessageBody body, int subscribers, int publishers)
{
    private readonly long[] _last = new long[subscribers * publishers];
    private LongHistogram _latency = Slice.NewHistogram();
    private long _count;
    private long _missing;
    private long _outOfOrder;
    private long _corrupted;
    private long _skipped;

    /// <summary>Messages that have arrived since <see cref="Begin"/>.</summary>
    internal long Count => Volatile.Read(ref _count);

    internal void Begin()
    {
        Volatile.Write(ref _count, 0);
        _missing = _outOfOrder = _corrupted = _skipped = 0;
        _latency = Slice.NewHistogram();
    }

    /// <summary>
    /// A message has come; false when it is none, or an old one. The header is checked always, the body in one of 64
    /// messages of each subscriber, another one for each.
    /// </summary>
    /// <param name="subscriber">The subscriber's place, from 0.</param>
    /// <param name="isStalling">
    /// The server may conflate what it does not read: its losses are counted apart, its latency is not counted.
    /// </param>
    /// <param name="payload">The message.</param>
    /// <param name="header">Its header.</param>
    internal bool Take(int subscriber, bool isStalling, ReadOnlySpan<byte> payload, out PushMessage.Header header)
    {
        if (!PushMessage.TryReadHeader(payload, out header) || header.Publisher >= publishers)
        {
            _corrupted++;
            return false;
        }
        bool isSample = ((header.Number ^ subscriber) & (Verification.Sample - 1)) == 0;
        if (isSample && !PushMessage.HasBody(payload, header.Number, body))
            _corrupted++; // but it has arrived
        ref long last = ref _last[subscriber * publishers + header.Publisher];
        if (header.Number <= last)
        {
            _outOfOrder++;
            return false;
        }
        long skipped = header.Number - last - 1;
        last = header.Number;
        Volatile.Write(ref _count, _count + 1);
        if (isStalling)
        {
            _skipped += skipped;
            return true;
        }
        _missing += skipped;
        Slice.Record(_latency, header.Due, loop.Now);
        return true;
    }

    /// <summary>The subscriber has seen the last message of each publisher.</summary>
    internal bool HasAll(int subscriber, ReadOnlySpan<long> published) =>
        _last.AsSpan(subscriber * publishers, publishers).SequenceEqual(published);

    /// <summary>Counts what a subscriber still lacks, and is done with it.</summary>
    internal void GiveUp(int subscriber, ReadOnlySpan<long> published)
    {
        for (int publisher = 0; publisher < publishers; publisher++)
        {
            ref long last = ref _last[subscriber * publishers + publisher];
            _missing += Math.Max(0, published[publisher] - last);
            last = Math.Max(last, published[publisher]);
        }
    }

    /// <summary>Adds what was counted.</summary>
    internal void AddTo(Slice slice)
    {
        slice.Operations = Count;
        slice.Count(CountNames.Missing, _missing).Count(CountNames.OutOfOrder, _outOfOrder)
            .Count(CountNames.Corrupted, _corrupted);
        if (_skipped > 0)
            slice.Count(CountNames.StalledSkipped, _skipped);
        slice.TakeLatency(_latency);
    }
}
