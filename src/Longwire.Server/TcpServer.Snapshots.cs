using Longwire.Transport;

namespace Longwire;

// Looking at the server while it runs.
public sealed partial class TcpServer
{
    /// <summary>The server's counts of this moment.</summary>
    public ServerSnapshot Snapshot() => new()
    {
        Connections = Admission.Connections,
        Accepted = _metrics?.AcceptedCount ?? 0,
        Refused = _metrics?.RefusedCount ?? 0,
        BytesReceived = Sum(static counters => counters.BytesReceived),
        BytesSent = Sum(static counters => counters.BytesSent),
        MessagesReceived = Sum(static counters => counters.MessagesReceived),
        Pushed = Sum(static counters => counters.Pushed),
        Conflated = Sum(static counters => counters.Conflated),
        Dropped = Sum(static counters => counters.Dropped),
        SendCalls = Sum(static counters => counters.SendCalls),
        OutboxBytes = _hosts.Sum(static host => host.OutboxBytes),
        SlabBytes = Pool.Snapshot().SlabBytes,
        LeasedBytes = Pool.Snapshot().LeasedBytes,
        Topics = Hub.TopicCount,
        Loops = _hosts.Length,
    };

    /// <summary>Every connection's state, gathered loop by loop.</summary>
    public async Task<IReadOnlyList<ConnectionSnapshot>> GetConnectionsAsync(CancellationToken cancellation = default)
    {
        if (_stopping is { IsCompleted: true })
            return [];
        var pending = new List<Task<List<ConnectionSnapshot>>>();
        foreach (LoopHost host in _hosts)
        {
            var done = new TaskCompletionSource<List<ConnectionSnapshot>>(
                TaskCreationOptions.RunContinuationsAsynchronously);
            host.Post(() =>
            {
                var list = new List<ConnectionSnapshot>(host.Count);
                host.ForEach(list, static (into, connection) => into.Add(connection.Snapshot()));
                done.TrySetResult(list);
            });
            pending.Add(done.Task);
        }
        List<ConnectionSnapshot>[] lists = await Task.WhenAll(pending).WaitAsync(cancellation).ConfigureAwait(false);
        return [.. lists.SelectMany(static list => list).OrderBy(static snapshot => snapshot.Id)];
    }

    internal long Sum(Func<LoopCounters, long> read) => _hosts.Sum(host => read(host.Counters));
}

/// <summary>A server's counts at one moment; totals since its start unless they say otherwise.</summary>
public sealed record ServerSnapshot
{
    /// <summary>Connections now.</summary>
    public required int Connections { get; init; }

    /// <summary>Connections that were let in.</summary>
    public required long Accepted { get; init; }

    /// <summary>Connections that admission refused.</summary>
    public required long Refused { get; init; }

    /// <summary>Bytes received.</summary>
    public required long BytesReceived { get; init; }

    /// <summary>Bytes that the system took for sending.</summary>
    public required long BytesSent { get; init; }

    /// <summary>Messages received.</summary>
    public required long MessagesReceived { get; init; }

    /// <summary>Topic messages put into outboxes.</summary>
    public required long Pushed { get; init; }

    /// <summary>Topic messages replaced by newer ones.</summary>
    public required long Conflated { get; init; }

    /// <summary>Topic messages dropped.</summary>
    public required long Dropped { get; init; }

    /// <summary>Write calls to the system.</summary>
    public required long SendCalls { get; init; }

    /// <summary>Bytes in outboxes now.</summary>
    public required long OutboxBytes { get; init; }

    /// <summary>Bytes of slab memory held now.</summary>
    public required long SlabBytes { get; init; }

    /// <summary>Bytes of slab memory on loan now.</summary>
    public required long LeasedBytes { get; init; }

    /// <summary>Topics.</summary>
    public required int Topics { get; init; }

    /// <summary>Loops.</summary>
    public required int Loops { get; init; }
}

/// <summary>A connection's state at one moment.</summary>
public sealed record ConnectionSnapshot
{
    /// <summary>Its number.</summary>
    public required long Id { get; init; }

    /// <summary>The peer's address.</summary>
    public required PeerAddress Remote { get; init; }

    /// <summary>Who signed in on it (<see cref="Connection.SignIn"/>), or null.</summary>
    public string? User { get; init; }

    /// <summary>The endpoint's address, as configured.</summary>
    public required string Endpoint { get; init; }

    /// <summary>Time since it connected.</summary>
    public required TimeSpan Age { get; init; }

    /// <summary>Time since a byte was received.</summary>
    public required TimeSpan Idle { get; init; }

    /// <summary>Subscriptions.</summary>
    public required int Subscriptions { get; init; }

    /// <summary>Bytes in the outbox.</summary>
    public required int OutboxBytes { get; init; }

    /// <summary>Time since the peer last took something while more waited; zero when nothing waits.</summary>
    public required TimeSpan OutboxAge { get; init; }

    /// <summary>Bytes received.</summary>
    public required long BytesReceived { get; init; }

    /// <summary>Bytes that the system took for sending.</summary>
    public required long BytesSent { get; init; }

    /// <summary>Messages received.</summary>
    public required long MessagesReceived { get; init; }

    /// <summary>Topic messages replaced by newer ones before they could be sent.</summary>
    public required long Conflated { get; init; }

    /// <summary>Topic messages dropped.</summary>
    public required long Dropped { get; init; }

    /// <summary>The kernel's view, or null where the system does not tell.</summary>
    public TcpStatistics? Tcp { get; init; }
}
