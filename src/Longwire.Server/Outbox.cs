using Longwire.Primitives;
using Longwire.Transport;

namespace Longwire;

/// <summary>What an outbox entry is, and so what may happen to it.</summary>
internal enum EntryKind : byte
{
    /// <summary>A push to a subscriber: may be conflated or dropped by policy.</summary>
    Push,

    /// <summary>A reply or direct send: never dropped.</summary>
    Direct,

    /// <summary>A heartbeat or notice: goes ahead of what waits, at a frame's boundary.</summary>
    Control,
}

/// <summary>One frame in one outbox; recycled by its loop.</summary>
internal sealed class OutboxEntry
{
    /// <summary>Its size, for <see cref="Prefetch"/>.</summary>
    internal const int Bytes = 64;

    internal LocalFrame Frame = null!;
    internal OutboxEntry? Next;
    internal Subscription? Subscription;
    internal long Tick;
    internal long FlushMark; // the flush that waits for it; 0 for none
    internal EntryKind Kind;
}

/// <summary>A connection's queue of frames: a list of recycled entries, in the order of sending.</summary>
/// <remarks>
/// Owner: its connection. Concurrency: its loop. Bound: the connection checks before it appends. The first entries may
/// be beyond recall: one that was sent in part, or those that the poller owns until its write completes.
/// </remarks>
internal struct Outbox
{
    private OutboxEntry? _head;
    private OutboxEntry? _tail;
    private int _headSent;
    private int _owned;

    internal readonly bool IsEmpty => _head is null;

    /// <summary>Bytes of the first entry that are sent.</summary>
    internal readonly int HeadSent => _headSent;

    /// <summary>The first flush that waits for an entry; <see cref="long.MaxValue"/> when none does.</summary>
    internal readonly long FirstFlushMark
    {
        get
        {
            OutboxEntry? entry = _head;
            while (entry is { FlushMark: 0 })
                entry = entry.Next;
            return entry?.FlushMark ?? long.MaxValue;
        }
    }

    /// <summary>
    /// Marks what a flush waits for: all that no earlier flush waits for, but what goes ahead of others.
    /// </summary>
    internal readonly void MarkForFlush(long mark)
    {
        for (OutboxEntry? entry = _head; entry is not null; entry = entry.Next)
        {
            if (entry.FlushMark == 0 && entry.Kind != EntryKind.Control)
                entry.FlushMark = mark;
        }
    }

    /// <summary>Frames whose bytes are in flight and must stay as they are.</summary>
    private readonly int Fixed => Math.Max(_owned, _headSent > 0 ? 1 : 0);

    /// <summary>Bytes of pushes that cannot be recalled.</summary>
    internal readonly int FixedPushBytes
    {
        get
        {
            int bytes = 0;
            OutboxEntry? entry = _head;
            for (int i = 0; i < Fixed && entry is not null; i++, entry = entry.Next)
                bytes += entry.Kind == EntryKind.Push ? entry.Frame.Length : 0;
            return bytes;
        }
    }

    internal readonly void PrefetchFirst() => Prefetch.Object(_head, OutboxEntry.Bytes);

    internal void Append(OutboxEntry entry)
    {
        if (_tail is null)
            _head = entry;
        else
            _tail.Next = entry;
        _tail = entry;
    }

    /// <summary>Puts a control frame behind what is in flight and other control frames, ahead of all else.</summary>
    internal void InsertControl(OutboxEntry entry)
    {
        OutboxEntry? before = LastFixed();
        OutboxEntry? next = before is null ? _head : before.Next;
        for (; next?.Kind == EntryKind.Control; next = next.Next)
            before = next;
        entry.Next = before is null ? _head : before.Next;
        if (before is null)
            _head = entry;
        else
            before.Next = entry;
        if (entry.Next is null)
            _tail = entry;
    }

    /// <summary>The next frames as segments; the first one without what was sent of it.</summary>
    internal readonly int Gather(Segment[] into)
    {
        int count = 0;
        int from = _headSent;
        for (OutboxEntry? entry = _head; entry is not null && count < into.Length; entry = entry.Next)
        {
            into[count++] = new Segment(entry.Frame.Frame, from);
            from = 0;
        }
        return count;
    }

    /// <summary>The poller owns the next <paramref name="bytes"/> to send until <see cref="Consume"/>.</summary>
    internal void Own(int bytes)
    {
        bytes += _headSent;
        for (OutboxEntry? entry = _head; entry is not null && bytes > 0; entry = entry.Next)
        {
            bytes -= entry.Frame.Length;
            _owned++;
        }
    }

    /// <summary>
    /// Takes note of sent bytes; calls <paramref name="host"/> for each frame that is done and returns their bytes.
    /// </summary>
    internal int Consume(int bytes, Connection host)
    {
        int done = 0;
        _owned = 0;
        while (_head is { } entry)
        {
            int left = entry.Frame.Length - _headSent;
            if (bytes < left)
            {
                _headSent += bytes;
                break;
            }
            bytes -= left;
            _headSent = 0;
            _head = entry.Next;
            if (_head is null)
                _tail = null;
            done += host.EntryDone(entry);
            if (bytes == 0)
                break; // an empty frame behind it is sent with the next write
        }
        return done;
    }

    /// <summary>The oldest push that can be recalled, without removing it.</summary>
    internal readonly OutboxEntry? PeekOldestPush()
    {
        OutboxEntry? entry = LastFixed() is { } last ? last.Next : _head;
        while (entry is not null && entry.Kind != EntryKind.Push)
            entry = entry.Next;
        return entry;
    }

    /// <summary>Removes and returns the oldest push that can be recalled; null when there is none.</summary>
    internal OutboxEntry? TakeOldestPush()
    {
        OutboxEntry? before = LastFixed();
        OutboxEntry? entry = before is null ? _head : before.Next;
        while (entry is not null && entry.Kind != EntryKind.Push)
        {
            before = entry;
            entry = entry.Next;
        }
        if (entry is null)
            return null;
        if (before is null)
            _head = entry.Next;
        else
            before.Next = entry.Next;
        if (entry.Next is null)
            _tail = before;
        entry.Next = null;
        return entry;
    }

    /// <summary>
    /// Whether a message of the topic is still queued for the subscription, and so is newer than the one that was
    /// recalled. When all is recalled in turn the answer is near the front: topics that are busy come again soon.
    /// </summary>
    internal readonly bool HoldsPush(Subscription subscription, TopicCursor cursor)
    {
        OutboxEntry? entry = LastFixed() is { } last ? last.Next : _head;
        while (entry is not null && (entry.Subscription != subscription || entry.Frame.Source != cursor))
            entry = entry.Next;
        return entry is not null;
    }

    /// <summary>Removes the first entry, whatever it is; for the end.</summary>
    internal OutboxEntry? TakeFirst()
    {
        OutboxEntry? entry = _head;
        if (entry is null)
            return null;
        _head = entry.Next;
        if (_head is null)
            _tail = null;
        _headSent = _owned = 0;
        entry.Next = null;
        return entry;
    }

    private readonly OutboxEntry? LastFixed()
    {
        OutboxEntry? last = null;
        OutboxEntry? entry = _head;
        for (int i = 0; i < Fixed && entry is not null; i++)
        {
            last = entry;
            entry = entry.Next;
        }
        return last;
    }
}
