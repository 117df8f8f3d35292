using Longwire.Primitives;

namespace Longwire;

/// <summary>
/// What a slow consumer has coming beyond its outbox: the latest message per topic, and what it lost. Where the oldest
/// are dropped, the latest is here while the poller owns all that is older.
/// </summary>
/// <remarks>
/// Owner: its connection, from the first message that does not fit until all is sent. Concurrency: its loop. Bound: one
/// node per subscription and topic, which refers to the loop's shared frame of the topic's newest message; one
/// count per topic that lost some. An empty one goes back to its loop with its nodes: a consumer that is slow every
/// now and then costs no garbage.
/// </remarks>
internal sealed class Backlog
{
    private const int LargestKept = 128; // topics; about 10 KB with the nodes

    private readonly Dictionary<(Subscription, TopicCursor), Node> _index = [];
    private readonly Dictionary<TopicCursor, Gap> _gaps = [];
    private Node? _head;
    private Node? _tail;
    private Node? _freeNodes;

    /// <summary>The next one of its loop's spares.</summary>
    internal Backlog? NextFree { get; set; }

    /// <summary>False for one that has grown so large that keeping it would hold memory for a rare case.</summary>
    internal bool IsWorthKeeping => _index.EnsureCapacity(0) <= LargestKept && _gaps.EnsureCapacity(0) <= LargestKept;

    internal bool HasNodes => _head is not null;

    internal bool HasGaps => _gaps.Count > 0;

    internal bool IsEmpty => _head is null && _gaps.Count == 0;

    /// <summary>Length of the frame that <see cref="TryTakeFirst"/> would give.</summary>
    internal int FirstLength => _head!.Latest.Length;

    /// <summary>
    /// Keeps a message as its topic's latest; true when it replaced an older one. A key keeps its place in line.
    /// </summary>
    internal bool Conflate(Subscription subscription, TopicCursor cursor, LocalFrame frame)
    {
        if (_index.TryGetValue((subscription, cursor), out Node? node))
        {
            if (node.Latest.Sequence > frame.Sequence)
                return true; // recalled from the outbox, where it stood before what waits here
            frame.Use();
            node.Latest.Done();
            node.Latest = frame;
            return true;
        }
        frame.Use();
        node = _freeNodes ?? new Node();
        _freeNodes = node.Next;
        node.Subscription = subscription;
        node.Cursor = cursor;
        node.Latest = frame;
        node.Next = null;
        _index.Add((subscription, cursor), node);
        if (_tail is null)
            _head = node;
        else
            _tail.Next = node;
        _tail = node;
        return false;
    }

    internal bool Contains(Subscription subscription, TopicCursor cursor) => _index.ContainsKey((subscription, cursor));

    /// <summary>Takes the first message in line; the caller takes over its use of the frame.</summary>
    internal bool TryTakeFirst(out Subscription? subscription, out TopicCursor? cursor, out LocalFrame? latest)
    {
        Node? node = _head;
        subscription = node?.Subscription;
        cursor = node?.Cursor;
        latest = node?.Latest;
        if (node is null)
            return false;
        _head = node.Next;
        if (_head is null)
            _tail = null;
        _index.Remove((node.Subscription, node.Cursor));
        node.Subscription = null!;
        node.Cursor = null!;
        node.Latest = null!;
        node.Next = _freeNodes;
        _freeNodes = node;
        return true;
    }

    /// <summary>Forgets what was lost; its connection has ended.</summary>
    internal void ClearGaps() => _gaps.Clear();

    /// <summary>Counts lost messages of a topic, to be told.</summary>
    internal void AddGap(TopicCursor cursor, long count, bool oldest)
    {
        Gap gap = _gaps.GetValueOrDefault(cursor);
        _gaps[cursor] = new Gap(gap.Count + count, oldest);
    }

    /// <summary>
    /// Takes one topic's count of lost messages; <paramref name="oldest"/>: they were older than what is queued.
    /// </summary>
    internal bool TryTakeGap(out TopicCursor? cursor, out long count, out bool oldest)
    {
        foreach ((TopicCursor key, Gap gap) in _gaps)
        {
            (cursor, count, oldest) = (key, gap.Count, gap.Oldest);
            _gaps.Remove(key);
            return true;
        }
        (cursor, count, oldest) = (null, 0, false);
        return false;
    }

    private readonly record struct Gap(long Count, bool Oldest);

    private sealed class Node
    {
        internal Subscription Subscription = null!;
        internal TopicCursor Cursor = null!;
        internal LocalFrame Latest = null!;
        internal Node? Next;
    }
}
