namespace Longwire.Samples.Devices;

/// <summary>What the server keeps for one connection: its open questions.</summary>
/// <remarks>
/// Owner: the connection. Concurrency: any thread. Bound: <see cref="MaxWaiting"/>; what is beyond is refused.
/// </remarks>
internal sealed class DeviceSession(ITimer login)
{
    /// <summary>Most commands that one device owes an answer to.</summary>
    public const int MaxWaiting = 64;

    private readonly Lock _gate = new();
    private readonly Dictionary<uint, TaskCompletionSource<DeviceAnswer>> _waiting = [];
    private uint _lastId;
    private uint _lastAnswered;
    private bool _hasEnded;

    /// <summary>The login has come: its deadline is off.</summary>
    public void LoggedIn() => login.Dispose();

    /// <summary>Sends a command under the next id; <see cref="AnswerStatus.Answered"/> when it is on its way.</summary>
    /// <exception cref="ArgumentException">The command is longer than a frame may be.</exception>
    public AnswerStatus Begin(Connection connection, string command, out uint id, out Task<DeviceAnswer> answer)
    {
        // Answers continue on the pool: who waits for one must not hold up the device's next message.
        var waiting = new TaskCompletionSource<DeviceAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        answer = waiting.Task;
        lock (_gate) // ids are in the order of the commands on the wire
        {
            id = _lastId + 1;
            if (_hasEnded)
                return AnswerStatus.NotConnected;
            if (_waiting.Count == MaxWaiting)
                return AnswerStatus.Busy;
            SendResult sent = connection.Send(DeviceMessage.Write(DeviceMessageType.Command, id, command));
            if (sent is SendResult.TooLarge)
                throw new ArgumentException("The command is longer than a frame may be.", nameof(command));
            if (sent != SendResult.Queued)
                return sent == SendResult.Closed ? AnswerStatus.NotConnected : AnswerStatus.Busy;
            _lastId = id;
            _waiting.Add(id, waiting);
            return AnswerStatus.Answered;
        }
    }

    /// <summary>Gives an answer to who waits for it; false when nobody does any more.</summary>
    public bool TryAnswer(uint id, string text, out bool isReordered)
    {
        TaskCompletionSource<DeviceAnswer>? waiting;
        lock (_gate)
        {
            isReordered = id <= _lastAnswered;
            _lastAnswered = Math.Max(id, _lastAnswered);
            _waiting.Remove(id, out waiting);
        }
        return waiting is not null && waiting.TrySetResult(new(AnswerStatus.Answered, text));
    }

    /// <summary>Nobody waits for this answer any more.</summary>
    public void Forget(uint id)
    {
        lock (_gate)
            _waiting.Remove(id);
    }

    /// <summary>The connection has ended: what is open will not be answered.</summary>
    public void End()
    {
        login.Dispose();
        TaskCompletionSource<DeviceAnswer>[] left;
        lock (_gate)
        {
            _hasEnded = true;
            left = [.. _waiting.Values];
            _waiting.Clear();
        }
        foreach (TaskCompletionSource<DeviceAnswer> waiting in left)
            waiting.TrySetResult(new(AnswerStatus.Disconnected));
    }
}
