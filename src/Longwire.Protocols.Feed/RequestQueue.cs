using System.Diagnostics.CodeAnalysis;

namespace Longwire;

/// <summary>A connection's commands and logins: one at a time and in order, on the thread pool.</summary>
/// <remarks>
/// Owner: the session. Concurrency: the loop adds, one pool thread at a time takes. Bound:
/// <see cref="FeedLimits.WaitingRequests"/> and <see cref="FeedLimits.WaitingRequestBytes"/>; what does not fit is
/// refused.
/// </remarks>
internal sealed class RequestQueue(FeedLimits limits) : IThreadPoolWorkItem
{
    private readonly Lock _gate = new();
    private readonly Queue<(Func<Task> Run, int Bytes)> _waiting = [];
    private int _waitingBytes;
    private bool _isTaken; // somebody takes, or is about to

    /// <summary>Adds a request, which must not throw; false when too many wait.</summary>
    internal bool TryAdd(Func<Task> run, int bytes)
    {
        lock (_gate)
        {
            if (_waiting.Count >= limits.WaitingRequests
                || (_waiting.Count > 0 && _waitingBytes + (long)bytes > limits.WaitingRequestBytes))
            {
                return false;
            }
            _waiting.Enqueue((run, bytes));
            _waitingBytes += bytes;
            if (_isTaken)
                return true;
            _isTaken = true;
        }
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        return true;
    }

    /// <summary>Forgets what waits: the connection is closed.</summary>
    internal void Clear()
    {
        lock (_gate)
        {
            _waiting.Clear();
            _waitingBytes = 0;
        }
    }

    // Nobody waits for the task: requests do not throw, and each ends with its connection or its deadline.
    void IThreadPoolWorkItem.Execute() => _ = RunAll();

    private async Task RunAll()
    {
        while (TryTake(out Func<Task>? run))
            await run().ConfigureAwait(false);
    }

    private bool TryTake([NotNullWhen(true)] out Func<Task>? run)
    {
        lock (_gate)
        {
            _isTaken = _waiting.TryDequeue(out (Func<Task> Run, int Bytes) next);
            run = next.Run;
            _waitingBytes -= next.Bytes;
            return run is not null;
        }
    }
}
