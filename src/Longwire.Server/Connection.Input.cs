using Longwire.Primitives;
using Longwire.Transport;

namespace Longwire;

// The way in: bytes are decoded as they come, messages are handed over, and reading stops only when nobody takes them.
public abstract partial class Connection
{
    private FrameDecoder? _decoder;
    private HandlerQueue? _handlers;
    private Lease? _pausedInput;
    private int _pausedFrom;
    private int _pausedLength;
    private bool _inputPaused;
    private bool _inputEnded; // the peer's FIN
    private CloseReason _inputReason; // why no more messages are taken; None while they are
    private long _lastReceived; // tick
    private long _bytesReceived;
    private long _messagesReceived;

    /// <summary>
    /// The wire has something to tell. What a turn makes, replies mostly, leaves at its end in one write: the bytes are
    /// in the processor's cache still, and a tick of many turns holds no more of them than one turn makes. What waited
    /// before takes its place in the host's slices.
    /// </summary>
    void IWireHandler.OnReady()
    {
        bool isDirty = IsDirty;
        bool waited = HasWork;
        IsDirty = true; // whatever is queued in the turn needs no place in the host's list
        TakeTurn();
        IsDirty = isDirty;
        if (isDirty || _state == ConnectionState.Closed || !HasWork || !_wire.IsWritable)
            return;
        if (waited || _extras is { AbortReason: not CloseReason.None }) // an abort loses what is queued
            _host.MarkDirty(this);
        else
            _host.FlushNow(this);
    }

    private void TakeTurn()
    {
        if (_wire.TakeCompleted(out IoResult completed))
        {
            if (_state == ConnectionState.Closed)
            {
                OutboxEnded(); // the poller owned its frames until now
                return;
            }
            if (!TakeWritten(completed))
                return;
        }
        if (_state == ConnectionState.Closed)
            return;
        if (_inputPaused && CanDispatch)
        {
            _inputPaused = false;
            _lastReceived = _host.Loop.NowTick; // while we did not look, silence was ours
            if (_endpoint.Options.IdleTimeout != Timeout.InfiniteTimeSpan)
                ArmNext();
            DecodePausedInput();
        }
        if (_wire.IsReadable && !_inputPaused && !_inputEnded && _state != ConnectionState.Closed)
            ReadTurn();
        else if (_state == ConnectionState.Lingering)
            EndIfBothAreDone();
    }

    /// <summary>False while the application has all the messages that it may have, or its replies do not fit.</summary>
    private bool CanDispatch =>
        _state != ConnectionState.Connecting
        && DirectBytes + _outbox.FixedPushBytes < _endpoint.Options.HighWaterBytes
        && _handlers is not { HasRoom: false };

    private void ReadTurn()
    {
        Span<byte> buffer = _host.Loop.ReceiveBuffer;
        IoResult result = _wire.Read(buffer);
        switch (result.Status)
        {
            case IoStatus.Done:
                _lastReceived = _host.Loop.NowTick;
                _bytesReceived += result.Bytes;
                _host.Counters.BytesReceived += result.Bytes;
                // After our goodbye what the peer still sends is read and discarded: unread input would turn the FIN
                // into a RST, which may destroy what the peer has not read yet.
                if (_state <= ConnectionState.Open && _inputReason == CloseReason.None)
                    Decode(buffer[..result.Bytes]);
                if (_wire.IsReadable && !_inputPaused && _state != ConnectionState.Closed)
                    _host.Loop.MarkReady(_wire);
                break;
            case IoStatus.EndOfStream:
                OnPeerFin();
                break;
            case IoStatus.Failed:
                Fail(result.Error);
                break;
        }
    }

    private void Decode(ReadOnlySpan<byte> input)
    {
        // Once somebody asked for the end, or the input has ended, what else came is discarded.
        while (_state <= ConnectionState.Open && !_ending && _inputReason == CloseReason.None)
        {
            _decoder ??= _host.RentDecoder(_endpoint);
            if (!CanDispatch)
            {
                PauseInput(input);
                return;
            }
            DecodeStatus status = _decoder.Decode(ref input, out ReadOnlySpan<byte> frame);
            if (status == DecodeStatus.NeedMore)
            {
                if (!_decoder.IsMidFrame)
                {
                    _host.ReturnDecoder(_endpoint, _decoder); // between frames a connection holds none
                    _decoder = null;
                }
                return;
            }
            if (status == DecodeStatus.Invalid)
            {
                OnInvalid(_decoder.Error);
                return;
            }
            if (status == DecodeStatus.Skipped)
                OnSkipped(_decoder.Error);
            else
                Dispatch(frame, isFinal: status == DecodeStatus.Frame);
        }
    }

    private void Dispatch(ReadOnlySpan<byte> payload, bool isFinal)
    {
        _messagesReceived++;
        _host.Counters.MessagesReceived++;
        if (_handlers is not null)
        {
            Message? message = Message.Copy(payload, isFinal, _host.Pool);
            if (message is null)
                End(CloseReason.MemoryPressure, CloseMode.Abort);
            else
                _handlers.Enqueue(message);
            return;
        }
        try
        {
            _endpoint.Handlers.OnMessageInline(this, new BorrowedMessage(payload, isFinal));
        }
        catch (Exception exception)
        {
            HandlerFailed(exception);
        }
    }

    private void OnSkipped(FrameError error)
    {
        if (_handlers is not null)
        {
            // In its place between the messages, so that the answers keep their order.
            if (Message.Copy([], isFinal: true, _host.Pool) is not { } notice)
            {
                End(CloseReason.MemoryPressure, CloseMode.Abort);
                return;
            }
            notice.Skipped = error;
            _handlers.Enqueue(notice);
            return;
        }
        try
        {
            _endpoint.Handlers.OnSkipped(this, error);
        }
        catch (Exception exception)
        {
            HandlerFailed(exception);
        }
    }

    private void OnInvalid(FrameError error) => EndInput(error switch
    {
        FrameError.TooLarge => CloseReason.FrameTooLarge,
        FrameError.Truncated => CloseReason.TruncatedFrame,
        FrameError.OutOfMemory => CloseReason.MemoryPressure,
        _ => CloseReason.MalformedFrame,
    });

    /// <summary>No more messages: those that came before are still answered, and then the connection closes.</summary>
    private void EndInput(CloseReason reason)
    {
        if (_state > ConnectionState.Open || _inputReason != CloseReason.None)
            return; // flushing, or waiting for the handlers, already
        _inputReason = reason;
        ReleaseInput();
        if (_handlers?.OnEndOfInput(reason) == false)
            ArmGrace(); // the queue tells when it is idle
        else
            BeginClose(reason, _endpoint.Options.LingerTimeout);
    }

    /// <summary>
    /// Keeps what was read and may not be decoded yet; at most one turn's bytes, as nothing more is read.
    /// </summary>
    private void PauseInput(ReadOnlySpan<byte> rest)
    {
        _inputPaused = true;
        if (rest.IsEmpty)
        {
            // What was kept has been decoded to its end; kept any longer it would be decoded again.
            _pausedInput?.Return();
            _pausedInput = null;
            return;
        }
        if (_pausedInput is not null)
        {
            _pausedFrom = _pausedLength - rest.Length; // the rest is the end of what is kept already
            return;
        }
        if (!_host.Pool.TryRent(rest.Length, LeaseOwner.PausedInput, out Lease? lease))
        {
            End(CloseReason.MemoryPressure, CloseMode.Abort);
            return;
        }
        rest.CopyTo(lease.Span);
        _pausedInput = lease;
        _pausedFrom = 0;
        _pausedLength = rest.Length;
    }

    private void DecodePausedInput()
    {
        if (_pausedInput is not { } lease)
            return;
        Decode(lease.Span[_pausedFrom.._pausedLength]);
        if (_inputPaused || _pausedInput is null)
            return;
        _pausedInput = null;
        lease.Return();
    }

    /// <summary>FIN: what came before it is still answered; inside a frame it is an error.</summary>
    private void OnPeerFin()
    {
        _inputEnded = true;
        if (_state == ConnectionState.Lingering)
        {
            EndIfBothAreDone();
            return;
        }
        if (_decoder?.EndOfStream() == DecodeStatus.Invalid)
            OnInvalid(_decoder.Error);
        else
            EndInput(CloseReason.PeerClosed);
    }

    private void ReleaseDecoder()
    {
        _decoder?.Dispose();
        _decoder = null;
    }

    private void ReleaseInput()
    {
        ReleaseDecoder();
        _pausedInput?.Return();
        _pausedInput = null;
        _inputPaused = false; // what else comes is read and discarded, up to the peer's FIN
    }
}
