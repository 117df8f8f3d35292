#pragma warning disable CA2012 // each task is kept in a field and its result taken exactly once
using Longwire.Primitives;

namespace Longwire.Transport.Layers;

// The way out: plain bytes into the topmost layer, and what comes out at the bottom to the socket.
public sealed partial class LayeredWire
{
    private Frame? _waiting; // what the socket has not taken; a list in order, under the lock of Bottom
    private Frame? _lastWaiting;
    private int _waitingFrom;
    private int _waitingBytes;
    private ValueTask _write; // of a layer that does not complete at once
    private Lease? _writeLease; // what it was gathered into
    private Frame? _writeFrame; // or whose bytes it takes, when it does not complete at once
    private bool _isWriting;
    private int _batch;
    private IoResult _completed;
    private bool _hasCompleted;
    private bool _isEnding;
    private volatile bool _isEnded; // the layers have said farewell; FIN follows what waits
    private bool _isShutDown; // FIN is the socket's, or never will be

    /// <inheritdoc/>
    public override IoResult Write(ReadOnlySpan<Segment> segments)
    {
        if (IsClosed)
            return IoResult.Failure(TransportError.Closed);
        ReadOnlyMemory<byte> batch = default;
        if (_broken == TransportError.None && !TryGather(segments, out batch))
            _broken = TransportError.OutOfMemory;
        if (_broken != TransportError.None)
            return IoResult.Failure(_broken);
        _batch = batch.Length;
        _write = WriteThroughAsync(batch);
        if (_write.IsCompleted)
        {
            if (!TakeWrite() || _broken != TransportError.None)
                return IoResult.Failure(_broken);
            if (_waiting is null)
                return IoResult.Moved(_batch);
        }
        else
        {
            if (_writeLease is null)
            {
                _writeFrame = segments[0].Frame; // it may be used longer than it is sent: a close does not wait for it
                _writeFrame.AddReference();
            }
            _isWriting = true;
            _write.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(OnWritten);
        }
        HasPendingWrite = true;
        IsWritable = false;
        return IoResult.Pended(_batch);
    }

    /// <inheritdoc/>
    public override bool TakeCompleted(out IoResult result)
    {
        result = _completed;
        if (!_hasCompleted)
            return false;
        _hasCompleted = HasPendingWrite = false;
        IsWritable = !_isEnding && _waiting is null;
        return true;
    }

    /// <summary>Takes what a layer writes; from any thread that owns the streams.</summary>
    /// <exception cref="WireException">The socket is broken, too much waits, or no memory is left.</exception>
    internal void Enqueue(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty || IsClosed)
            return;
        if (_broken != TransportError.None)
            throw new WireException(_broken);
        bool isOwner = MayTouchSocket;
        if (isOwner && _waiting is null && _inner is { IsWritable: true, HasPendingWrite: false, IsClosed: false })
        {
            IoResult result = _inner.WriteNow(bytes);
            if (result.Status == IoStatus.Failed)
            {
                TakeSent(result);
                return;
            }
            bytes = bytes[result.Bytes..];
            if (bytes.IsEmpty)
                return;
        }
        if (_waitingBytes + bytes.Length > MaxWaitingBytes || !Loop!.Pool.TryRentFrame(bytes.Length, out Frame? frame))
            throw new WireException(TransportError.OutOfMemory);
        bytes.CopyTo(frame.Span);
        lock (Bottom)
        {
            if (IsClosed) // meanwhile; partner: ReleaseWaiting
            {
                frame.Release();
                return;
            }
            if (_waiting is null)
                _waiting = frame;
            else
                _lastWaiting!.Next = frame;
            _lastWaiting = frame;
            _waitingBytes += frame.Length;
        }
        if (isOwner)
        {
            FlushWaiting();
            return;
        }
        Interleaving.Point();
        if (_handshake is null)
            PostWork(); // else the step's end does
    }

    /// <summary>A batch of one frame is taken where it lies; what is in several is brought together.</summary>
    private bool TryGather(ReadOnlySpan<Segment> segments, out ReadOnlyMemory<byte> batch)
    {
        batch = default;
        if (segments.Length == 1 || segments[0].Length >= BatchBytes)
        {
            batch = segments[0].Memory;
            batch = batch[..Math.Min(batch.Length, MaxMessageBytes)];
            return true;
        }
        if (!Loop!.TryTakeBatch(out _writeLease))
            return false;
        batch = _writeLease.Memory[..Gather(segments, _writeLease.Span[..BatchBytes])];
        return true;
    }

    private static int Gather(ReadOnlySpan<Segment> segments, Span<byte> into)
    {
        int count = 0;
        foreach (Segment segment in segments)
        {
            ReadOnlySpan<byte> bytes = segment.Span;
            bytes = bytes[..Math.Min(bytes.Length, into.Length - count)];
            bytes.CopyTo(into[count..]);
            count += bytes.Length;
            if (count == into.Length)
                break;
        }
        return count;
    }

    private async ValueTask WriteThroughAsync(ReadOnlyMemory<byte> batch)
    {
        await Top.WriteAsync(batch).ConfigureAwait(false);
        await Top.FlushAsync().ConfigureAwait(false);
    }

    /// <summary>A write into the layers has ended; false when it failed.</summary>
    private bool TakeWrite()
    {
        _isWriting = false;
        if (_writeLease is not null)
            Loop!.ReturnBatch(_writeLease);
        _writeFrame?.Release();
        _writeLease = null;
        _writeFrame = null;
        try
        {
            _write.GetAwaiter().GetResult();
            return true;
        }
        catch (Exception exception)
        {
            Break(exception);
            return false;
        }
    }

    private void OnWritten()
    {
        if (Loop!.IsCurrent)
            OnWriteEnded();
        else
            PostWork();
    }

    private void OnWriteEnded()
    {
        if (_isWriting && TakeWrite())
            CompleteIfFlushed();
        else if (HasPendingWrite && !IsClosed)
            CompleteWrite(IoResult.Failure(_broken));
    }

    private void FlushWaiting()
    {
        if (IsClosed && !_inner.HasPendingWrite)
            ReleaseWaiting(); // a step wrote while the wire was closed
        if (_inner.TakeCompleted(out IoResult result) && !TakeSent(result))
            return;
        while (_waiting is { } frame && _inner is { IsWritable: true, HasPendingWrite: false, IsClosed: false })
        {
            result = _inner.Write([new Segment(frame, _waitingFrom)]);
            if (result.Status is IoStatus.Pending or IoStatus.WouldBlock || !TakeSent(result))
                return;
        }
        if (_waiting is null)
            CompleteIfFlushed();
        else if (IsWritable && !IsClosed)
            IsWritable = false; // a layer wrote of its own accord; what is plain waits behind it
    }

    /// <summary>False when the socket is broken.</summary>
    private bool TakeSent(IoResult result)
    {
        if (IsClosed)
        {
            ReleaseWaiting();
            if (HasPendingWrite)
                CompleteWrite(result);
            return false;
        }
        if (result.Status == IoStatus.Failed)
        {
            _broken = result.Error;
            _isShutDown = true;
            ReleaseWaiting();
            if (HasPendingWrite && !_isWriting)
                CompleteWrite(result);
            else if (_handshake is null && !IsReadable)
            {
                IsReadable = true;
                Tell();
            }
            return false;
        }
        lock (Bottom)
        {
            _waitingFrom += result.Bytes;
            if (_waitingFrom == _waiting!.Length)
                DropFirst();
        }
        return true;
    }

    private void CompleteIfFlushed()
    {
        if (_waiting is not null || _isWriting || IsClosed)
            return;
        if (_isEnded)
        {
            _isEnded = false;
            _inner.ShutdownWrite();
            _isShutDown = true;
            Tell();
        }
        if (HasPendingWrite)
        {
            CompleteWrite(IoResult.Moved(_batch));
        }
        else if (!IsWritable && !_isEnding && _handshake is null)
        {
            IsWritable = true;
            Tell();
        }
    }

    private void CompleteWrite(IoResult result)
    {
        if (_hasCompleted)
            return;
        _completed = result;
        _hasCompleted = true;
        Tell();
    }

    /// <summary>Gives back what waits, but for what the poller owns: that when its write has completed.</summary>
    private void ReleaseWaiting()
    {
        lock (Bottom)
        {
            if (_inner.HasPendingWrite && _waiting is { } owned)
            {
                while (owned.Next is { } behind)
                {
                    owned.Next = behind.Next;
                    behind.Next = null;
                    behind.Release();
                }
                _lastWaiting = owned;
                _waitingBytes = owned.Length;
                return;
            }
            while (_waiting is not null)
                DropFirst();
        }
    }

    private void DropFirst()
    {
        Frame first = _waiting!;
        _waiting = first.Next;
        first.Next = null;
        _waitingFrom = 0;
        _waitingBytes -= first.Length;
        first.Release();
    }
}
