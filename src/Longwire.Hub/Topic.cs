using Longwire.Primitives;

namespace Longwire;

/// <summary>One message in a topic's ring.</summary>
internal readonly record struct TopicEntry(Frame Payload, long Sequence, long Except);

/// <summary>
/// A topic: a bounded ring of messages whose tail is the retained value and whose body is the history.
/// </summary>
/// <remarks>
/// Owner: the hub; topics live as long as it does. Concurrency: <see cref="Publish(ReadOnlySpan{byte})"/> from any
/// thread; the ring and the list of cursors under <see cref="_gate"/>, which is held for a few moves of references and
/// under which only the pool's lock is taken. Bound: the window of its <see cref="TopicOptions"/>; what is older than
/// retention, history and the slowest loop need is released at once.
/// </remarks>
public sealed class Topic
{
    private readonly Lock _gate = new();
    private readonly Hub _hub;
    private readonly BoundedRing<TopicEntry> _ring;
    private readonly int _keep;
    private TopicCursor[] _cursors = [];
    private long _bytes;
    private long _head;
    private DeliveryCounts _retired;

    internal Topic(Hub hub, int id, string name, TopicOptions options)
    {
        _hub = hub;
        Id = id;
        Name = name;
        Options = options;
        int retained = options.Retention == Retention.RetainLast ? 1 : 0;
        _keep = Math.Max(retained, options.HistoryEntries);
        _ring = new BoundedRing<TopicEntry>(Math.Max(1, Math.Max(options.WindowEntries, _keep)));
    }

    /// <summary>The name.</summary>
    public string Name { get; }

    /// <summary>The options that it was made with.</summary>
    public TopicOptions Options { get; }

    /// <summary>The sequence number of the newest message; 0 before the first.</summary>
    public long Sequence => Interlocked.Read(ref _head);

    /// <summary>Subscriptions that match now. Any thread; takes no lock.</summary>
    public int Subscribers => Volatile.Read(ref _cursors).Sum(static cursor => cursor.Subscribers);

    internal int Id { get; }

    /// <summary>What became of this topic's deliveries so far; exact when nothing is in flight.</summary>
    public DeliveryCounts Deliveries
    {
        get
        {
            lock (_gate)
            {
                DeliveryCounts sum = _retired;
                foreach (TopicCursor cursor in _cursors)
                    sum = Add(sum, cursor.Counts);
                return sum;
            }
        }
    }

    /// <summary>Publishes to all who are subscribed; never waits for any of them.</summary>
    public PublishResult Publish(ReadOnlySpan<byte> payload) => Publish(payload, 0);

    /// <summary>Calls <paramref name="read"/> with the retained message; false when there is none.</summary>
    public bool TryReadRetained<TState>(TState state, RetainedReader<TState> read)
    {
        ArgumentNullException.ThrowIfNull(read);
        TopicEntry entry;
        lock (_gate)
        {
            if (Options.Retention == Retention.None || _ring.Count == 0)
                return false;
            entry = _ring[_ring.Count - 1];
            entry.Payload.AddReference();
        }
        try
        {
            read(state, this, entry.Sequence, entry.Payload.Span);
        }
        finally
        {
            entry.Payload.Release();
        }
        return true;
    }

    /// <summary>
    /// Calls <paramref name="read"/> with each message after <paramref name="sequence"/> that is still kept, oldest
    /// first; the result is the number of those that are kept no more.
    /// </summary>
    public long ReadHistory<TState>(long sequence, TState state, RetainedReader<TState> read)
    {
        ArgumentNullException.ThrowIfNull(read);
        sequence = Math.Max(0, sequence); // numbers begin at 1
        TopicEntry[] entries;
        long missed;
        lock (_gate)
        {
            long first = _head - _ring.Count + 1;
            long from = Math.Max(first, sequence + 1);
            missed = Math.Max(0, Math.Min(from, _head + 1) - (sequence + 1));
            entries = new TopicEntry[Math.Max(0, _head - from + 1)];
            for (int i = 0; i < entries.Length; i++)
            {
                entries[i] = _ring[(int)(from - first) + i];
                entries[i].Payload.AddReference();
            }
        }
        try
        {
            foreach (TopicEntry entry in entries)
                read(state, this, entry.Sequence, entry.Payload.Span);
        }
        finally
        {
            foreach (TopicEntry entry in entries)
                entry.Payload.Release();
        }
        return missed;
    }

    internal PublishResult Publish(ReadOnlySpan<byte> payload, long except)
    {
        if (payload.Length > _hub.Options.MaxPayloadBytes)
            return PublishResult.Refused(PublishStatus.TooLarge);
        if (!_hub.Pool.TryRentFrame(payload.Length, out Frame? frame))
            return PublishResult.Refused(PublishStatus.OutOfMemory);
        payload.CopyTo(frame.Span);
        TopicCursor[] cursors;
        long sequence;
        lock (_gate)
        {
            sequence = _head + 1;
            while (_ring.Count > 0 && (_ring.Count == _ring.Capacity || _bytes + frame.HeldBytes > Options.WindowBytes))
                Evict();
            _ring.TryEnqueue(new TopicEntry(frame, sequence, except));
            _bytes += frame.HeldBytes;
            Interlocked.Exchange(ref _head, sequence);
            cursors = _cursors;
            Trim();
        }
        Interleaving.Point();
        int matched = 0;
        foreach (TopicCursor cursor in cursors)
        {
            matched += cursor.Subscribers;
            cursor.Post(); // at most one token per topic and loop is pending
        }
        return new PublishResult(PublishStatus.Published, sequence, matched);
    }

    /// <summary>
    /// Moves up to <paramref name="into"/>.Length messages after the cursor's position, each with a reference, and
    /// returns how many; <paramref name="missed"/> is how many of them the window has lost.
    /// </summary>
    internal int Pull(TopicCursor cursor, Span<TopicEntry> into, out long missed, out bool atHead)
    {
        lock (_gate)
        {
            long first = _head - _ring.Count + 1;
            long from = Math.Max(first, cursor.Position + 1);
            missed = from - (cursor.Position + 1);
            int count = (int)Math.Min(into.Length, _head - from + 1);
            for (int i = 0; i < count; i++)
            {
                into[i] = _ring[(int)(from - first) + i];
                into[i].Payload.AddReference();
            }
            cursor.Position = from + count - 1;
            atHead = cursor.Position == _head;
            Trim();
            return count;
        }
    }

    /// <summary>
    /// Reads messages after <paramref name="sequence"/>, up to those that the cursor has passed, each with a reference,
    /// and returns how many; <paramref name="missed"/> is how many before them are there no more.
    /// </summary>
    internal int ReadBehind(TopicCursor cursor, long sequence, Span<TopicEntry> into, out long missed)
    {
        lock (_gate)
        {
            long first = _head - _ring.Count + 1;
            long from = Math.Max(Math.Min(first, cursor.Position + 1), sequence + 1);
            missed = from - (sequence + 1);
            int count = (int)Math.Min(into.Length, cursor.Position - from + 1);
            for (int i = 0; i < count; i++)
            {
                into[i] = _ring[(int)(from - first) + i];
                into[i].Payload.AddReference();
            }
            return count;
        }
    }

    /// <summary>
    /// Reads the retained message, with a reference, if the cursor is at the head; false when it is not.
    /// </summary>
    internal bool TryReadHead(TopicCursor cursor, out bool found, out TopicEntry retained)
    {
        lock (_gate)
        {
            found = Options.Retention == Retention.RetainLast && _ring.Count > 0;
            retained = default;
            if (cursor.Position != _head)
                return false;
            if (found)
            {
                retained = _ring[_ring.Count - 1];
                retained.Payload.AddReference();
            }
            return true;
        }
    }

    /// <summary>
    /// Adds a loop's cursor. A new topic's cursor begins before the first message; others begin at the head.
    /// </summary>
    internal void AddCursor(TopicCursor cursor, bool fromStart)
    {
        lock (_gate)
        {
            cursor.Position = fromStart ? 0 : _head;
            _cursors = [.. _cursors, cursor];
        }
    }

    internal void RemoveCursor(TopicCursor cursor)
    {
        lock (_gate)
        {
            _retired = Add(_retired, cursor.Counts);
            _cursors = Array.FindAll(_cursors, other => other != cursor);
            Trim();
        }
    }

    internal void AddRetired(DeliveryCounts counts)
    {
        lock (_gate)
            _retired = Add(_retired, counts);
    }

    internal TopicCursor? FindCursor(HubLoop loop)
    {
        foreach (TopicCursor cursor in Volatile.Read(ref _cursors))
        {
            if (cursor.Loop == loop)
                return cursor;
        }
        return null;
    }

    internal void Clear()
    {
        lock (_gate)
        {
            while (_ring.Count > 0)
                Evict();
        }
    }

    private static DeliveryCounts Add(DeliveryCounts left, DeliveryCounts right) => new(
        left.Queued + right.Queued, left.Conflated + right.Conflated, left.Dropped + right.Dropped,
        left.Disconnected + right.Disconnected, left.Overrun + right.Overrun);

    /// <summary>Releases what neither retention, history nor the slowest loop needs.</summary>
    private void Trim()
    {
        if (_ring.Count <= _keep)
            return;
        long slowest = long.MaxValue;
        foreach (TopicCursor cursor in _cursors)
            slowest = Math.Min(slowest, cursor.Position);
        while (_ring.Count > _keep && _ring[0].Sequence <= slowest)
            Evict();
    }

    private void Evict()
    {
        if (!_ring.TryDequeue(out TopicEntry entry))
            return;
        _bytes -= entry.Payload.HeldBytes;
        entry.Payload.Release();
    }
}

/// <summary>Reads a message in place; the payload is valid during the call.</summary>
public delegate void RetainedReader<in TState>(TState state, Topic topic, long sequence, ReadOnlySpan<byte> payload);
