using System.Collections.Concurrent;
using Longwire.Primitives;
using Longwire.Transport;

namespace Longwire;

/// <summary>One connection of a client, from its dial to its end.</summary>
/// <remarks>
/// Owner: its client. Concurrency: its loop, but for <see cref="TrySend"/>. Bound: what waits to be sent by
/// <see cref="ConnectOptions.SendBytes"/>, what is received by the codec's limit.
/// </remarks>
internal sealed class ClientLink(FramedClient client, Codec codec, int sendBytes)
    : LoopWork, IDialHandler, IWireHandler
{
    /// <summary>Most segments of one write (<see cref="Wire.Write"/>).</summary>
    internal const int MaxSegments = 64;

    private readonly ClientLoop _loop = client.Loop;
    private readonly ConcurrentQueue<Frame> _waiting = new();
    private readonly Queue<Frame> _writing = [];
    private Wire? _wire;
    private FrameDecoder? _decoder;
    private int _from; // bytes of the first frame that are sent already
    private int _queuedBytes;
    private bool _isFinishing;
    private volatile bool _isClosed;

    /// <summary>The loop's tick at which the last byte came.</summary>
    internal long LastReceived { get; private set; }

    /// <summary>Queues a message; any thread.</summary>
    internal SendResult TrySend(ReadOnlySpan<byte> payload)
    {
        if (_isClosed)
            return SendResult.Closed;
        SendResult result = Outgoing.TryEncode(codec, payload, _loop.Pool, out Frame? frame);
        if (result != SendResult.Queued)
            return result;
        int bytes = frame!.Length;
        int queued = Interlocked.Add(ref _queuedBytes, bytes);
        if (queued > sendBytes && queued > bytes)
        {
            Interlocked.Add(ref _queuedBytes, -bytes);
            frame.Release();
            return SendResult.Full;
        }
        _waiting.Enqueue(frame);
        if (_isClosed) // it ended meanwhile, and may not have seen the frame (partner: End)
        {
            ReleaseWaiting();
            return SendResult.Closed;
        }
        _loop.Loop.Post(this);
        return SendResult.Queued;
    }

    void IDialHandler.OnDialled(Wire? wire, TransportError error)
    {
        if (_isClosed)
        {
            wire?.Close(CloseMode.Abort);
            return;
        }
        if (wire is null)
        {
            _isClosed = true;
            client.DialFailed(this, Explain(error));
            return;
        }
        _wire = wire;
        LastReceived = _loop.Loop.NowTick;
        _loop.Loop.Add(wire, this);
        client.LinkOpened(this);
        OnReady();
    }

    public void OnReady()
    {
        if (_wire is not { } wire)
            return;
        if (wire.TakeCompleted(out IoResult completed))
        {
            if (_isClosed)
                ReleaseWriting(); // the poller owned them until now
            else
                Sent(completed);
        }
        if (!_isClosed && wire.IsReadable)
            Read(wire);
        if (!_isClosed)
            Flush(wire);
    }

    /// <summary>Ends it in good order: what waits is sent, then FIN; the server's FIN ends it.</summary>
    internal void Finish()
    {
        _isFinishing = true;
        if (_wire is { } wire && !_isClosed)
            Flush(wire);
        else
            Break("closed");
    }

    /// <summary>Ends it now.</summary>
    internal void Break(string reason) => End(reason, CloseMode.Abort);

    public override string ToString() => $"the connection to {client.Status.Server}";

    protected override void Run()
    {
        if (_wire is { } wire && !_isClosed)
            Flush(wire);
    }

    private void Read(Wire wire)
    {
        IoResult result = wire.Read(_loop.Loop.ReceiveBuffer);
        switch (result.Status)
        {
            case IoStatus.Done:
                LastReceived = _loop.Loop.NowTick;
                Decode(_loop.Loop.ReceiveBuffer[..result.Bytes]);
                if (!_isClosed && wire.IsReadable)
                    _loop.Loop.MarkReady(wire);
                break;
            case IoStatus.EndOfStream:
                End("the server closed the connection", CloseMode.Close);
                break;
            case IoStatus.Failed:
                End(Explain(result.Error), CloseMode.Abort);
                break;
        }
    }

    private void Decode(ReadOnlySpan<byte> input)
    {
        _decoder ??= codec.CreateDecoder(_loop.Pool);
        while (!_isClosed)
        {
            switch (_decoder.Decode(ref input, out ReadOnlySpan<byte> frame))
            {
                case DecodeStatus.Frame:
                case DecodeStatus.Piece:
                    client.Received(this, frame);
                    break;
                case DecodeStatus.Skipped:
                    break; // it is over the codec's limit, and the stream goes on behind it
                case DecodeStatus.Invalid:
                    Break($"the server sent what the codec does not take: {_decoder.Error}");
                    return;
                default:
                    return;
            }
        }
    }

    private void Flush(Wire wire)
    {
        while (!_isClosed && wire is { IsWritable: true, HasPendingWrite: false })
        {
            while (_writing.Count < MaxSegments && _waiting.TryDequeue(out Frame? frame))
                _writing.Enqueue(frame);
            if (_writing.Count == 0)
                break;
            int count = 0;
            int from = _from;
            foreach (Frame frame in _writing)
            {
                _loop.Segments[count++] = new Segment(frame, from);
                from = 0;
            }
            IoResult result = wire.Write(_loop.Segments.AsSpan(0, count));
            Array.Clear(_loop.Segments, 0, count);
            if (result.Status is IoStatus.Pending or IoStatus.WouldBlock)
                return;
            Sent(result);
        }
        if (_isFinishing && !_isClosed && _writing.Count == 0 && _waiting.IsEmpty)
            wire.ShutdownWrite();
    }

    private void Sent(IoResult result)
    {
        if (result.Status == IoStatus.Failed)
        {
            End(Explain(result.Error), CloseMode.Abort);
            return;
        }
        _from += result.Bytes;
        Interlocked.Add(ref _queuedBytes, -result.Bytes);
        while (_writing.TryPeek(out Frame? frame) && _from >= frame.Length)
        {
            _from -= frame.Length;
            _writing.Dequeue().Release();
        }
    }

    private void End(string reason, CloseMode mode)
    {
        if (_isClosed)
            return;
        _isClosed = true;
        _wire?.Close(mode);
        _decoder?.Dispose();
        if (_wire is not { HasPendingWrite: true })
            ReleaseWriting();
        ReleaseWaiting();
        client.LinkEnded(this, reason);
    }

    private void ReleaseWriting()
    {
        while (_writing.TryDequeue(out Frame? frame))
            frame.Release();
    }

    private void ReleaseWaiting()
    {
        while (_waiting.TryDequeue(out Frame? frame))
            frame.Release();
    }

    private static string Explain(TransportError error) => error switch
    {
        TransportError.Refused => "nobody listens there",
        TransportError.TimedOut => "no answer in time",
        TransportError.Unreachable => "the network or the host cannot be reached",
        TransportError.Reset => "the connection was reset",
        TransportError.NotTrusted => "the server's certificate is not trusted, or not one for this name",
        TransportError.HandshakeFailed => "the layers' handshake failed: does the server speak TLS there?",
        _ => error.ToString(),
    };
}
