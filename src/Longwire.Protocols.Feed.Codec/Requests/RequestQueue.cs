using System.Diagnostics.CodeAnalysis;

namespace Longwire;

/// <summary>A login or a command that waits for its turn.</summary>
internal abstract class QueuedRequest : IDisposable
{
    /// <summary>Its bytes, for the queue's limit.</summary>
    internal abstract int Bytes { get; }

    /// <summary>Carries it out and answers; it is disposed of afterwards.</summary>
    internal abstract Task RunAsync();

    /// <summary>It ran, was refused or is of no use any more.</summary>
    public abstract void Dispose();
}

/// <summary>A connection's commands and logins: one at a time and in order, on the thread pool.</summary>
/// <remarks>
/// Owner: its connection. Concurrency: the loop adds, one pool thread at a time takes. Bound: the number and the
/// bytes of those that wait; what does not fit is refused.
/// </remarks>
/// <param name="maxWaiting">Most requests that wait.</param>
/// <param name="maxWaitingBytes">Most bytes of those that wait; when nothing waits any one is taken.</param>
/// <param name="onFault">Told what a request threw.</param>
internal sealed class RequestQueue(
    int maxWaiting, int maxWaitingBytes, Action<QueuedRequest, Exception> onFault) : IThreadPoolWorkItem
{
    private readonly Lock _gate = new();
    private readonly Queue<QueuedRequest> _waiting = [];
    private int _waitingBytes;
    private bool _isTaken; // somebody takes, or is about to

    /// <summary>Adds a request; false when too many wait, and then it is disposed of.</summary>
    internal bool TryAdd(QueuedRequest request)
    {
        lock (_gate)
        {
            if (_waiting.Count >= maxWaiting
                || (_waiting.Count > 0 && _waitingBytes + (long)request.Bytes > maxWaitingBytes))
            {
                request.Dispose();
                return false;
            }
            _waiting.Enqueue(request);
            _waitingBytes += request.Bytes;
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
            foreach (QueuedRequest request in _waiting)
                request.Dispose();
            _waiting.Clear();
            _waitingBytes = 0;
        }
    }

    // Nobody waits for the task: a request ends with its connection or its deadline, and what it throws is told here.
    void IThreadPoolWorkItem.Execute() => _ = RunAll();

    private async Task RunAll()
    {
        while (TryTake(out QueuedRequest? request))
        {
            try
            {
                await request.RunAsync().ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                onFault(request, exception);
            }
            finally
            {
                request.Dispose();
            }
        }
    }

    private bool TryTake([NotNullWhen(true)] out QueuedRequest? request)
    {
        lock (_gate)
        {
            _isTaken = _waiting.TryDequeue(out request);
            _waitingBytes -= request?.Bytes ?? 0;
            return _isTaken;
        }
    }
}
