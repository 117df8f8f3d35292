using System.Threading.Tasks.Sources;
using Longwire.Primitives;

namespace Longwire.Transport.Layers;

/// <summary>The stream that a connection's layers stand on: it reads and writes the wire below.</summary>
/// <remarks>
/// Owner: its wire. Concurrency: one read at a time. On the loop a read that finds bytes completes at once; else it
/// pends, and the loop completes it: there and then, or on the pool during a handshake. Off the loop reads always pend.
/// Writes never pend: what the socket does not take waits in the wire. Bound: it buffers nothing.
/// </remarks>
internal sealed class WireStream(LayeredWire wire) : Stream, IValueTaskSource<int>
{
    private ManualResetValueTaskSourceCore<int> _read;
    private Memory<byte> _buffer;
    private IoResult _result;
    private bool _isPending; // published by whoever reads, taken back by the loop

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Somebody waits for bytes.</summary>
    internal bool IsPending => Volatile.Read(ref _isPending);

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        bool mayRead = wire.MayTouchSocket;
        if (mayRead && TryRead(buffer.Span, out IoResult result))
        {
            return result.Status == IoStatus.Failed
                ? ValueTask.FromException<int>(new WireException(result.Error))
                : new ValueTask<int>(result.Bytes);
        }
        LayerHandshake? step = wire.Handshake; // it may be over before this thread has told it
        _read.Reset();
        var task = new ValueTask<int>(this, _read.Version);
        _buffer = buffer;
        Volatile.Write(ref _isPending, true);
        if (mayRead)
            return task;
        Interleaving.Point();
        if (step is not null)
            step.OnInputWanted();
        else
            wire.PostWork();
        return task;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("A layer reads asynchronously: a loop does not wait.");

    public override void Write(byte[] buffer, int offset, int count) => wire.Enqueue(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer) => wire.Enqueue(buffer);

    public override ValueTask WriteAsync(
        ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        wire.Enqueue(buffer.Span);
        return ValueTask.CompletedTask;
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        wire.Enqueue(buffer.AsSpan(offset, count));
        return Task.CompletedTask;
    }

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    int IValueTaskSource<int>.GetResult(short token) => _read.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => _read.GetStatus(token);

    void IValueTaskSource<int>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _read.OnCompleted(continuation, state, token, flags);

    /// <summary>On the loop: true when the pending read has its result; it is told by <see cref="Complete"/>.</summary>
    internal bool TryFill()
    {
        if (!IsPending || !TryRead(_buffer.Span, out _result))
            return false;
        _buffer = default;
        Volatile.Write(ref _isPending, false);
        return true;
    }

    /// <summary>Tells the result; whoever waited goes on in this call.</summary>
    internal void Complete()
    {
        if (_result.Status == IoStatus.Failed)
            _read.SetException(new WireException(_result.Error));
        else
            _read.SetResult(_result.Bytes);
    }

    /// <summary>Bytes, the end, or an error; false when there is nothing yet.</summary>
    private bool TryRead(Span<byte> buffer, out IoResult result)
    {
        result = wire.ReadSocket(buffer);
        return result.Status != IoStatus.WouldBlock;
    }
}

/// <summary>The socket failed under a layer.</summary>
internal sealed class WireException(TransportError error) : IOException($"The connection failed: {error}.")
{
    internal TransportError Error { get; } = error;
}
