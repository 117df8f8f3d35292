using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace PushLab;

/// <summary>The writing side: whoever sends first writes and flushes for all that queue behind.</summary>
internal sealed class Connection(ConnectionContext context, Subscribers subscribers) : PushConnection(subscribers)
{
    private readonly SendQueue _output = new();

    /// <summary>Used by the sender only.</summary>
    private readonly List<ArraySegment<byte>> _batch = [];

    /// <summary>Written before the queue is closed, whose lock orders it for the sender that leaves last.</summary>
    private TaskCompletionSource? _ended;

    public void Handle(FrameKind kind, ReadOnlySequence<byte> run) => Handle(kind, run.ToArray());

    public override void Send(byte[] block)
    {
        switch (_output.Offer(block))
        {
            case Offered.SendNow:
                _batch.Add(block);
                _ = TransmitAsync(); // EndAsync waits for it
                break;
            case Offered.Refused:
                context.Abort();
                break;
        }
    }

    /// <summary>To be awaited before the handler returns, since nobody may write to a completed pipe.</summary>
    public Task EndAsync()
    {
        Unsubscribe();
        _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!_output.Close())
            return Task.CompletedTask;
        context.Abort(); // ends a flush that waits for the peer
        return _ended.Task;
    }

    private async Task TransmitAsync()
    {
        PipeWriter output = context.Transport.Output;
        do
        {
            foreach (ArraySegment<byte> block in _batch)
                output.Write(block);
            FlushResult flush = await output.FlushAsync();
            if (flush.IsCompleted || flush.IsCanceled)
                _output.Close();
        }
        while (_output.TryTake(_batch));
        _ended?.TrySetResult();
    }
}
