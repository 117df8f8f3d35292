namespace PushLab;

/// <summary>Who receives the broadcast.</summary>
/// <remarks>
/// Owner: the process. Concurrency: any thread. Bound: the connections. Publishing reads a snapshot that is made anew
/// only after a change, so that neither a storm of subscriptions nor a broadcast pays for the other.
/// </remarks>
internal sealed class Subscribers
{
    private readonly Lock _lock = new();
    private readonly HashSet<PushConnection> _members = [];
    private PushConnection[]? _snapshot = [];

    public void Add(PushConnection connection)
    {
        lock (_lock)
        {
            if (_members.Add(connection))
                _snapshot = null;
        }
    }

    public void Remove(PushConnection connection)
    {
        lock (_lock)
        {
            if (_members.Remove(connection))
                _snapshot = null;
        }
    }

    public void Publish(byte[] block, PushConnection sender)
    {
        foreach (PushConnection connection in Snapshot())
        {
            if (connection != sender)
                connection.Send(block);
        }
    }

    private PushConnection[] Snapshot()
    {
        lock (_lock)
        {
            return _snapshot ??= [.. _members];
        }
    }
}
