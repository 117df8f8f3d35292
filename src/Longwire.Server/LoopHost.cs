using Longwire.Primitives;
using Longwire.Transport;
using Longwire.Transport.Layers;

namespace Longwire;

/// <summary>One loop's share of the server: its connections, what they have to send, and its counters.</summary>
/// <remarks>
/// Owner: the server. Concurrency: its loop, but for <see cref="Find"/> and counter reads. Bound: the admission's
/// limit;
/// a flush slice is 128 connections, or fewer once they took half a millisecond; between slices events and the inbox
/// have their turn.
/// </remarks>
internal sealed class LoopHost : ILoopTenant
{
    private const int SliceConnections = 128;
    private const int MostSegments = 64; // per write: far below IOV_MAX (1,024), and at 128 bytes a frame a full batch
    private const int SlotBits = 26; // id = generation, slot (67 million), loop (64)
    private const int LoopBits = 6;
    private const int MostSpareBacklogs = 1024; // about 0.5 KB each: slow consumers at one time without garbage

    private static readonly TimeSpan s_sliceTime = TimeSpan.FromMilliseconds(0.5);

    internal readonly TcpServer Server;
    internal readonly Loop Loop;
    internal readonly HubLoop Hub;
    internal readonly SlabPool Pool;
    internal readonly Segment[] Segments = new Segment[MostSegments];
    internal readonly LoopCounters Counters = new();
    private readonly OutboxBudget _budget;
    private readonly SlotTable<Connection> _connections = new();
    private readonly BoundedRing<Connection> _dirty = new(1 << SlotBits); // each connection at most once
    private readonly FrameDecoder?[] _idleDecoders;
    private Connection? _flushing; // takes what it can now: it pays for nobody, or it would never send anything
    private OutboxEntry? _freeEntries;
    private TimeSpan? _drain;
    private Backlog? _freeBacklogs;
    private int _spareBacklogs;
    private long _outboxBytes;
    private long _budgetBytes;
    private int _count;

    internal LoopHost(TcpServer server, Loop loop, OutboxBudget budget)
    {
        Server = server;
        Loop = loop;
        Pool = server.Pool;
        Hub = server.Hub.AddLoop(loop.Index, loop);
        _budget = budget;
        _idleDecoders = new FrameDecoder?[server.EndpointCount];
        loop.Tenant = this;
    }

    /// <summary>Clients on this loop whose layers are being opened.</summary>
    internal HashSet<Handshake> Handshakes { get; } = [];

    /// <summary>Proxies' connections on this loop that have not said yet whose they are.</summary>
    internal HashSet<ProxyHandshake> ProxyHandshakes { get; } = [];

    internal bool IsDraining => _drain is not null;

    /// <summary>Connections on this loop, those on their way to it included.</summary>
    internal int Load;

    internal int Count => Volatile.Read(ref _count);

    internal long OutboxBytes => Volatile.Read(ref _outboxBytes);

    public bool Flush()
    {
        if (_dirty.Count == 0)
            return false;
        long started = Server.Time.GetTimestamp();
        for (int i = 0; i < SliceConnections && _dirty.TryDequeue(out Connection? connection); i++)
        {
            connection.IsDirty = false;
            PrefetchNext();
            FlushGuarded(connection);
            if ((i & 15) == 15 && Server.Time.GetElapsedTime(started) > s_sliceTime)
                break;
        }
        return _dirty.Count > 0;
    }

    /// <summary>
    /// While one connection's bytes are on their way into the system, the next ones come into the cache: their own
    /// lines first, and a place later those that they refer to.
    /// </summary>
    private void PrefetchNext()
    {
        if (_dirty.Count < 2)
            return;
        Prefetch.Object(_dirty[1], TopicCursor.SubscriberBytes);
        _dirty[0].PrefetchOutput();
    }

    /// <summary>Flushes a connection: in its place among the dirty ones, or at the end of its own turn.</summary>
    internal void FlushNow(Connection connection)
    {
        _flushing = connection;
        try
        {
            connection.Flush();
        }
        finally
        {
            _flushing = null;
        }
    }

    /// <summary>A defect in one connection's flush ends that connection and costs nobody else the slice.</summary>
    private void FlushGuarded(Connection connection)
    {
        try
        {
            FlushNow(connection);
        }
        catch (Exception exception)
        {
            OnFault(exception, connection);
        }
    }

    public void OnFault(Exception exception, object? culprit)
    {
        Counters.Faults++;
        Log.LoopFault(Server.Logger, exception, Loop.Index, Describe(culprit));
        if (culprit is LayeredWire { Handler: { } handler })
            culprit = handler;
        (culprit as Connection)?.Abort(CloseReason.HandlerFailed);
        (culprit as Handshake)?.Abort();
    }

    public void OnHeld(TimeSpan duration, object? culprit)
    {
        Counters.Holds++;
        Log.LoopHeld(Server.Logger, Describe(culprit), Loop.Index, duration.TotalMilliseconds);
    }

    /// <summary>Names whoever holds the loop and does not end; called once a second, from another thread.</summary>
    internal void Watch()
    {
        try
        {
            if (Loop.FindHolder() is { } culprit)
                Log.LoopStuck(Server.Logger, Describe(culprit), Loop.Index);
        }
        catch (Exception)
        {
            // Its name or the log threw: that must not end the process, and the log is no place to say so.
            Counters.WatchFaults++;
        }
    }

    internal void MarkDirty(Connection connection)
    {
        if (connection.IsDirty)
            return;
        connection.IsDirty = true;
        _dirty.TryEnqueue(connection);
    }

    internal void Add(Connection connection)
    {
        int slot = _connections.Add(connection, out uint generation);
        Volatile.Write(ref _count, _count + 1);
        long place = ((long)(slot + 1) << LoopBits) | (uint)Loop.Index;
        long id = ((long)generation << (SlotBits + LoopBits)) | place;
        connection.Open(id);
        Log.Connected(Server.Logger, id, connection.Remote, connection.Endpoint.Address);
        if (_drain is { } deadline)
            connection.BeginDrain(deadline);
    }

    internal void BeginDrain(TimeSpan deadline)
    {
        _drain = deadline;
        foreach (Handshake handshake in Handshakes)
            handshake.Abort();
        foreach (ProxyHandshake handshake in ProxyHandshakes.ToArray())
            handshake.Refuse(CloseReason.ServerShutdown);
        ForEach(deadline, static (time, connection) => connection.BeginDrain(time));
    }

    /// <summary>
    /// Queues one shared frame on every connection of an endpoint; takes over the caller's reference.
    /// </summary>
    internal void SendToAll(Endpoint endpoint, Frame frame)
    {
        LocalFrame local = Hub.Frames.Take(frame, null, 0);
        ForEach((endpoint, local), static (what, connection) =>
        {
            if (connection.Endpoint == what.endpoint)
                connection.SendShared(what.local);
        });
        local.Done();
    }

    /// <summary>
    /// A decoder between two frames is the same for everyone: a connection borrows one while it has bytes.
    /// </summary>
    internal FrameDecoder RentDecoder(Endpoint endpoint)
    {
        FrameDecoder? decoder = _idleDecoders[endpoint.Index];
        _idleDecoders[endpoint.Index] = null;
        return decoder ?? endpoint.Codec.CreateDecoder(Pool);
    }

    internal void ReturnDecoder(Endpoint endpoint, FrameDecoder decoder) => _idleDecoders[endpoint.Index] = decoder;

    internal void Remove(Connection connection, CloseMode mode)
    {
        _connections.Remove(SlotOf(connection.Id));
        Volatile.Write(ref _count, _count - 1);
        Interlocked.Decrement(ref Load);
        Server.OnEnded(connection, mode);
    }

    /// <summary>A connection by its id, from any thread; null when it is gone.</summary>
    internal Connection? Find(long id)
    {
        Connection? found = _connections.Glance(SlotOf(id));
        return found?.Id == id ? found : null;
    }

    internal static int LoopOf(long id) => (int)(id & ((1 << LoopBits) - 1));

    /// <summary>Calls <paramref name="visit"/> for each connection; it may end the connection it is given.</summary>
    internal void ForEach<TState>(TState state, Action<TState, Connection> visit)
    {
        for (int slot = 0; slot < _connections.Used; slot++)
        {
            if (_connections[slot] is { } connection)
                visit(state, connection);
        }
    }

    /// <summary>Runs an action on the loop; for calls that are rare enough to allocate.</summary>
    internal void Post(Action action) => Loop.Post(new ActionWork(action));

    internal OutboxEntry NewEntry(LocalFrame frame, EntryKind kind, Subscription? subscription)
    {
        OutboxEntry entry = _freeEntries ?? new OutboxEntry();
        _freeEntries = entry.Next;
        Prefetch.Object(_freeEntries, OutboxEntry.Bytes); // a broadcast takes the next one at once
        entry.Next = null;
        entry.Frame = frame;
        entry.Kind = kind;
        entry.Subscription = subscription;
        entry.FlushMark = 0;
        entry.Tick = Loop.NowTick;
        _outboxBytes += frame.Length;
        return entry;
    }

    internal void Recycle(OutboxEntry entry)
    {
        _outboxBytes -= entry.Frame.Length;
        entry.Frame.Done();
        entry.Frame = null!;
        entry.Subscription = null;
        entry.Next = _freeEntries;
        _freeEntries = entry;
        // Two chunks of slack, so that a loop at a chunk's border does not reserve and release in turn.
        if (_budgetBytes - _outboxBytes > 2 * OutboxBudget.ChunkBytes)
        {
            _budgetBytes -= OutboxBudget.ChunkBytes;
            _budget.Release(OutboxBudget.ChunkBytes);
        }
    }

    internal Backlog NewBacklog()
    {
        if (_freeBacklogs is not { } backlog)
            return new Backlog();
        _freeBacklogs = backlog.NextFree;
        backlog.NextFree = null;
        _spareBacklogs--;
        return backlog;
    }

    /// <summary>Takes back an empty backlog.</summary>
    internal void Recycle(Backlog backlog)
    {
        if (_spareBacklogs == MostSpareBacklogs || !backlog.IsWorthKeeping)
            return;
        backlog.NextFree = _freeBacklogs;
        _freeBacklogs = backlog;
        _spareBacklogs++;
    }

    /// <summary>Whether the process's budget has room; if not, the holders of the oldest messages pay first.</summary>
    internal bool HasBudget(int bytes)
    {
        if (_outboxBytes + bytes <= _budgetBytes)
            return true;
        long chunks = (_outboxBytes + bytes - _budgetBytes + OutboxBudget.ChunkBytes - 1) / OutboxBudget.ChunkBytes;
        if (_budget.TryReserve(chunks * OutboxBudget.ChunkBytes))
        {
            _budgetBytes += chunks * OutboxBudget.ChunkBytes;
            return true;
        }
        RelieveOldest(Math.Max(bytes, OutboxBudget.ChunkBytes));
        return _outboxBytes + bytes <= _budgetBytes;
    }

    private void RelieveOldest(long bytes)
    {
        long target = Math.Max(0, _budgetBytes - bytes);
        var holders = new PriorityQueue<Connection, long>();
        ForEach((holders, _flushing), static (state, connection) =>
        {
            if (connection.OldestPushTick != long.MaxValue && connection != state._flushing)
                state.holders.Enqueue(connection, connection.OldestPushTick);
        });
        while (_outboxBytes > target && holders.TryDequeue(out Connection? oldest, out _))
        {
            Counters.Relieved++;
            oldest.RelievePushes(CloseReason.MemoryPressure);
        }
    }

    private static int SlotOf(long id) => (int)((id >> LoopBits) & ((1 << SlotBits) - 1)) - 1;

    private static string Describe(object? culprit) => culprit?.ToString() ?? "unknown work";

    private sealed class ActionWork(Action action) : LoopWork
    {
        protected internal override void Run() => action();
    }
}

/// <summary>A loop's counters: written by the loop only, read by anybody.</summary>
internal sealed class LoopCounters
{
    internal long BytesReceived;
    internal long BytesSent;
    internal long MessagesReceived;
    internal long Pushed;
    internal long Conflated;
    internal long Dropped;
    internal long SendCalls;
    internal long Relieved;
    internal long Faults;
    internal long WatchFaults; // the watchdog's
    internal long Holds;
}
