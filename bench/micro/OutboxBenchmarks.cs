using BenchmarkDotNet.Attributes;
using Longwire.Primitives;
using Longwire.Transport;

namespace Longwire.Micro;

/// <summary>A connection's outbox, per write: messages are appended, gathered, and taken out again.</summary>
public class OutboxBenchmarks
{
    private const int Rounds = 1_000;

    private readonly SlabPool _pool = new();
    private readonly LocalFramePool _frames = new();
    private readonly Segment[] _segments = new Segment[64];
    private OutboxEntry[] _entries = [];

    /// <summary>Messages per write.</summary>
    [Params(1, 4, 64)]
    public int Messages { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        if (!_pool.TryRentFrame(128, out Frame? frame))
            throw new InvalidOperationException("The pool has no frame.");
        LocalFrame shared = _frames.Take(frame, null, 0);
        _entries = new OutboxEntry[Messages];
        foreach (ref OutboxEntry entry in _entries.AsSpan())
            entry = new OutboxEntry { Frame = shared, Kind = EntryKind.Push };
    }

    /// <summary>Taken out one by one, as at a close: consuming would measure a live connection, too.</summary>
    [Benchmark(OperationsPerInvoke = Rounds)]
    public int Append_gather_take()
    {
        var outbox = new Outbox();
        int gathered = 0;
        for (int round = 0; round < Rounds; round++)
        {
            foreach (OutboxEntry entry in _entries)
                outbox.Append(entry);
            gathered += outbox.Gather(_segments);
            while (outbox.TakeFirst() is not null)
            {
            }
        }
        return gathered;
    }
}
