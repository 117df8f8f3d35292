using Longwire.Protocols.Feed;

namespace Longwire;

/// <summary>What a request was answered with.</summary>
/// <param name="Payload">Of REPLY.</param>
/// <param name="Sequence">Of DONE.</param>
internal readonly record struct FeedResult(ReadOnlyMemory<byte> Payload, long Sequence);

/// <summary>Requests that wait for the other side's answer.</summary>
/// <remarks>
/// Owner: a connection. Concurrency: any thread. Bound: the number, and each by its deadline; one too many is refused
/// with <see cref="FeedErrorCode.LimitReached"/>.
/// </remarks>
internal sealed class SentRequests(int limit, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<uint, TaskCompletionSource<FeedResult>> _waiting = [];
    private Exception? _ended;
    private uint _last;

    /// <summary>Sends a request and waits for its answer.</summary>
    /// <param name="what">The request, for messages: <c>the command reboot</c>.</param>
    /// <param name="send">Queues it with this id.</param>
    /// <param name="deadline">Time to wait for the answer.</param>
    /// <param name="cancellation">Ends the wait, not the request.</param>
    /// <exception cref="FeedException">It was refused.</exception>
    /// <exception cref="TimeoutException">There was no answer in time.</exception>
    /// <exception cref="IOException">The connection ended first.</exception>
    internal async Task<FeedResult> AskAsync(
        string what, Func<uint, SendResult> send, TimeSpan deadline, CancellationToken cancellation)
    {
        uint id = Add(out TaskCompletionSource<FeedResult> answer);
        try
        {
            RequireQueued(what, send(id));
            return await answer.Task.WaitAsync(deadline, time, cancellation).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException(
                $"No answer to {what} in {deadline.TotalSeconds:0.###} s; it may or may not have been carried out.");
        }
        finally
        {
            lock (_gate)
                _waiting.Remove(id);
        }
    }

    /// <summary>An answer came; one that nobody waits for any more is of no interest.</summary>
    internal void Complete(uint id, FeedResult result) => Take(id)?.TrySetResult(result);

    /// <summary>An ERROR came.</summary>
    internal void Refuse(uint id, FeedErrorCode code, string field, string text)
    {
        TaskCompletionSource<FeedResult>? waiting = Take(id);
        if (code == FeedErrorCode.DeadlineExceeded)
            waiting?.TrySetException(new TimeoutException($"{text}; it may or may not have been carried out."));
        else
            waiting?.TrySetException(new FeedException(code, field, text));
    }

    /// <summary>The connection has ended: nothing is answered any more.</summary>
    internal void End()
    {
        TaskCompletionSource<FeedResult>[] lost;
        lock (_gate)
        {
            _ended = new IOException(
                "The connection ended before the answer; the request may or may not have been carried out.");
            lost = [.. _waiting.Values];
            _waiting.Clear();
        }
        foreach (TaskCompletionSource<FeedResult> request in lost)
            request.TrySetException(_ended);
    }

    /// <summary>An id that no request that waits has.</summary>
    internal uint NextId()
    {
        lock (_gate)
            return FreeId();
    }

    private static void RequireQueued(string what, SendResult result)
    {
        if (result == SendResult.Closed)
            throw Ended();
        if (result == SendResult.TooLarge)
            throw new FeedException(FeedErrorCode.TooLarge, "payload", $"{what} is longer than a message may be");
        if (result != SendResult.Queued)
            throw new FeedException(FeedErrorCode.LimitReached, "payload", $"too much waits to be sent for {what}");
    }

    private static IOException Ended() => new("The connection has ended; the request was not sent.");

    private uint Add(out TaskCompletionSource<FeedResult> answer)
    {
        answer = new TaskCompletionSource<FeedResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_ended is not null)
                throw Ended();
            if (_waiting.Count >= limit)
            {
                throw new FeedException(
                    FeedErrorCode.LimitReached, "id", $"{limit} requests wait for their answers; wait for some");
            }
            uint id = FreeId();
            _waiting.Add(id, answer);
            return id;
        }
    }

    private uint FreeId()
    {
        do
            _last++;
        while (_last == 0 || _waiting.ContainsKey(_last));
        return _last;
    }

    private TaskCompletionSource<FeedResult>? Take(uint id)
    {
        lock (_gate)
            return _waiting.Remove(id, out TaskCompletionSource<FeedResult>? waiting) ? waiting : null;
    }
}
