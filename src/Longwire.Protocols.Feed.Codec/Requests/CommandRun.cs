namespace Longwire;

/// <summary>
/// A received command from its receipt to its one answer: the handler's, or at the deadline, wherever the command is
/// then, that it is late. The handler's token is cancelled there; what comes next waits for the handler all the same,
/// because commands are handled in order.
/// </summary>
/// <remarks>Owner: its queue. Concurrency: the deadline's timer and the queue's thread. Bound: the deadline.</remarks>
internal sealed class CommandRun : QueuedRequest
{
    private readonly FeedRequest _request;
    private readonly Func<FeedRequest, ValueTask<FeedAnswer>> _handle;
    private readonly Func<uint, FeedAnswer, ValueTask> _answer;
    private readonly CancellationToken _ends;
    private readonly CancellationTokenSource _deadline;
    private readonly CancellationTokenRegistration _late;
    private int _answered;

    /// <param name="request">The command.</param>
    /// <param name="handle">Gives the answer; may throw.</param>
    /// <param name="answer">Sends it; for a late one it completes at once.</param>
    /// <param name="time">The clock of the deadline.</param>
    /// <param name="ends">Cancelled when nobody can be answered any more.</param>
    internal CommandRun(
        FeedRequest request, Func<FeedRequest, ValueTask<FeedAnswer>> handle, Func<uint, FeedAnswer, ValueTask> answer,
        TimeProvider time, CancellationToken ends)
    {
        _request = request;
        _handle = handle;
        _answer = answer;
        _ends = ends;
        _deadline = new CancellationTokenSource(request.Deadline, time);
        _late = _deadline.Token.UnsafeRegister(
            static state =>
            {
                var late = (CommandRun)state!;
                _ = late.Answer(FeedAnswer.Late).AsTask();
            },
            this);
    }

    internal override int Bytes => _request.Payload.Length;

    internal override async Task RunAsync()
    {
        if (Volatile.Read(ref _answered) != 0)
            return;
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(_deadline.Token, _ends);
        _request.Cancellation = ends.Token;
        FeedAnswer answer;
        try
        {
            answer = await _handle(_request).ConfigureAwait(false)
                ?? throw new InvalidOperationException("A handler must not return null.");
        }
        catch (OperationCanceledException) when (ends.IsCancellationRequested)
        {
            answer = _deadline.IsCancellationRequested ? FeedAnswer.Late : FeedAnswer.Failed("cancelled");
        }
        catch
        {
            await Answer(FeedAnswer.Failed("the command's handler failed; the log beside it says why"))
                .ConfigureAwait(false);
            throw; // the queue tells it
        }
        await Answer(answer).ConfigureAwait(false);
    }

    public override void Dispose()
    {
        _late.Dispose();
        _deadline.Dispose();
    }

    public override string ToString() => $"the command {_request.Name}";

    private ValueTask Answer(FeedAnswer answer) => TryAnswer() ? _answer(_request.Id, answer) : default;

    private bool TryAnswer() => Interlocked.Exchange(ref _answered, 1) == 0;
}
