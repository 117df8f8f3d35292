namespace Longwire.Transport.Layers;

/// <summary>
/// Lets a limited number of handshakes compute at a time. A handshake that waits for its peer takes no place.
/// </summary>
/// <remarks>
/// Owner: the server, or a dialler. Concurrency: any thread; one short lock. Bound: <see cref="Limit"/> steps run; each
/// connection waits at most once, in the order of arrival, and within its deadline.
/// </remarks>
public sealed class HandshakeGate
{
    private readonly Lock _gate = new();
    private readonly Queue<IThreadPoolWorkItem> _waiting = new();
    private readonly Action<IThreadPoolWorkItem> _schedule;
    private int _running;

    /// <summary>Creates a gate.</summary>
    /// <param name="limit">Steps at a time; at least 1.</param>
    /// <param name="schedule">Where they run; null for the thread pool.</param>
    public HandshakeGate(int limit, Action<IThreadPoolWorkItem>? schedule = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        Limit = limit;
        _schedule = schedule ?? (static item => ThreadPool.UnsafeQueueUserWorkItem(item, preferLocal: false));
    }

    internal static HandshakeGate Shared { get; } = new(Environment.ProcessorCount);

    /// <summary>Steps at a time.</summary>
    public int Limit { get; }

    internal void Enter(IThreadPoolWorkItem step)
    {
        lock (_gate)
        {
            if (_running == Limit)
            {
                _waiting.Enqueue(step);
                return;
            }
            _running++;
        }
        _schedule(step);
    }

    internal void Leave()
    {
        IThreadPoolWorkItem? next;
        lock (_gate)
        {
            if (!_waiting.TryDequeue(out next))
                _running--;
        }
        if (next is not null)
            _schedule(next);
    }
}
