using Longwire.Load.Protocols;
using Longwire.Load.Tls;
using Longwire.Primitives;
using Longwire.Transport;

namespace Longwire.Load.Connections;

/// <summary>One client connection: greets, reads replies, sends frames. By itself it is subscribed or not.</summary>
/// <remarks>
/// Owner: its workload. Concurrency: the driver's loop. Bound: what <see cref="Send"/> could not write yet waits here;
/// workloads have few frames in flight per connection. Idle it holds no buffer, and in steady state it allocates
/// nothing.
/// </remarks>
internal partial class LoadConnection(LoadLoop owner, int number, bool subscribes) : IDialHandler, IWireHandler
{
    private readonly LoadLoop _owner = owner;
    private Wire? _wire;
    private ReplyStream _replies;
    private Frame? _sending;
    private Queue<Frame>? _waiting;
    private int _sent; // bytes of _sending
    private bool _paused;
    private bool _isReady;

    /// <summary>Its number among all connections of all processes, from 0.</summary>
    internal int Number { get; } = number;

    /// <summary>How it ended.</summary>
    internal Ending Ending { get; private set; }

    /// <summary>The cause, where <see cref="Ending"/> is a failure.</summary>
    internal TransportError Error { get; private set; }

    /// <summary>
    /// A paused connection reads nothing; what the server sends stays in the kernel and then with the server.
    /// </summary>
    internal bool IsPaused
    {
        get => _paused;
        set
        {
            _paused = value;
            if (!value && _wire is { IsReadable: true } && Ending == Ending.None)
                _owner.Loop.MarkReady(_wire);
        }
    }

    /// <summary>Told once that the greeting is answered or the connection has failed.</summary>
    internal Connector? Connector { private get; set; }

    protected LoadLoop Owner => _owner;

    public void OnDialled(Wire? wire, TransportError error)
    {
        if (wire is null)
        {
            End(Ending.NotConnected, error);
            return;
        }
        _wire = wire;
        _owner.Loop.Add(wire, this);
        if (_owner.Tls is { } tls)
            BeginTls(tls);
        else
            Greet();
    }

    public void OnReady()
    {
        if (_wire!.TakeCompleted(out IoResult completed))
            TakeWritten(completed);
        if (Ending != Ending.None)
            return;
        if (_sending is not null)
            WriteQueued();
        else
            Refill();
        if (!_paused && _wire.IsReadable && Ending == Ending.None)
            ReadTurn();
    }

    /// <summary>Closes this side and gives back what it holds.</summary>
    internal void Drop(CloseMode mode)
    {
        if (Ending == Ending.None)
            Ending = Ending.Dropped;
        _wire?.Close(mode);
        _replies.Drop();
        _tls?.Dispose();
        _tls = null;
        _inflater?.Dispose();
        _inflater = null;
        if (_wire is { HasPendingWrite: true })
            return; // the poller owns the frame still, and the process ends soon
        while (_sending is not null)
            NextFrame();
    }

    /// <summary>Asks for a sign that the server has read all that was sent; see <see cref="OnProbed"/>.</summary>
    internal void Probe() => Send(_owner.Protocol.Probe.Span);

    /// <summary>Sends a frame and takes over the caller's reference to it.</summary>
    internal void Send(Frame frame)
    {
        if (_tls is not null)
            Encrypt(frame);
        else
            Enqueue(frame);
    }

    /// <summary>Asks for a call of <see cref="Refill"/> once the others had their turn.</summary>
    protected void AskForTurn() => _owner.Loop.MarkReady(_wire!);

    /// <summary>A turn in which nothing waits to be sent: those who always have more send it.</summary>
    protected virtual void Refill()
    {
    }

    /// <summary>The greeting is answered.</summary>
    protected virtual void OnGreeted()
    {
    }

    /// <summary>A probe is answered.</summary>
    protected virtual void OnProbed()
    {
    }

    /// <summary>A published message; valid during the call.</summary>
    protected virtual void OnMessage(ReadOnlySpan<byte> payload)
    {
    }

    /// <summary>The answer to an echo request; valid during the call.</summary>
    protected virtual void OnEcho(ReadOnlySpan<byte> payload)
    {
    }

    /// <summary>All that was given to <see cref="Send"/> is with the kernel.</summary>
    protected virtual void OnSent()
    {
    }

    /// <summary>The connection has ended, and not by the driver.</summary>
    protected virtual void OnEnded()
    {
    }

    private void Greet() => Send(_owner.Protocol.Greet(Number, subscribes).Span);

    private void Send(ReadOnlySpan<byte> bytes)
    {
        Frame frame = _owner.RentFrame(bytes.Length);
        bytes.CopyTo(frame.Span);
        Send(frame);
    }

    /// <summary>Writes bytes of the wire when it is their turn.</summary>
    private void Enqueue(Frame frame)
    {
        if (Ending != Ending.None)
        {
            frame.Release();
        }
        else if (_sending is not null)
        {
            _waiting ??= new Queue<Frame>();
            _waiting.Enqueue(frame);
        }
        else
        {
            _sending = frame;
            WriteQueued();
        }
    }

    private void End(Ending ending, TransportError error = TransportError.None)
    {
        if (Ending != Ending.None)
            return;
        Ending = ending;
        Error = error;
        Drop(CloseMode.Close);
        OnEnded();
        Settle();
    }

    private void Settle()
    {
        Connector? connector = Connector;
        Connector = null;
        connector?.OnSettled();
    }

    private void ReadTurn()
    {
        Span<byte> buffer = _owner.Loop.ReceiveBuffer;
        IoResult result = _wire!.Read(buffer);
        switch (result.Status)
        {
            case IoStatus.Done:
                _owner.TouchClock();
                if (_tls is not null)
                    Decrypt(buffer, result.Bytes);
                else
                    Receive(buffer[..result.Bytes]);
                if (Ending == Ending.None && _wire.IsReadable && !_paused)
                    _owner.Loop.MarkReady(_wire);
                break;
            case IoStatus.EndOfStream:
                End(_replies.IsMidReply ? Ending.Error : Ending.Fin);
                break;
            case IoStatus.Failed:
                End(result.Error == TransportError.Reset ? Ending.Reset : Ending.Error, result.Error);
                break;
        }
    }

    private void Take(ReadOnlySpan<byte> input)
    {
        while (Ending == Ending.None && _replies.TryNext(ref input, _owner.Protocol, _owner.Pool, out Reply reply))
            On(reply);
    }

    private void On(Reply reply)
    {
        switch (reply.Kind)
        {
            case ReplyKind.Message:
                OnMessage(reply.Payload);
                break;
            case ReplyKind.Echo:
                OnEcho(reply.Payload);
                break;
            case ReplyKind.Ready when _isReady:
                OnProbed();
                break;
            case ReplyKind.Ready:
                _isReady = true;
                if (_tls is not null)
                    _owner.Tls!.OnGreeted(_tls);
                OnGreeted();
                Settle();
                break;
            case ReplyKind.Ping:
                Send(_owner.Protocol.Pong.Span);
                break;
            case ReplyKind.Malformed:
                _owner.NoteComplaint(reply.Payload);
                End(Ending.Error, TransportError.Other);
                break;
        }
    }

    private void WriteQueued()
    {
        while (_sending is not null && _wire!.IsWritable && !_wire.HasPendingWrite)
        {
            var segment = new Segment(_sending, _sent);
            IoResult result = _wire.Write(new ReadOnlySpan<Segment>(in segment));
            if (result.Status is IoStatus.Pending or IoStatus.WouldBlock)
                return;
            TakeWritten(result);
        }
    }

    private void TakeWritten(IoResult result)
    {
        if (result.Status != IoStatus.Done)
        {
            End(result.Error == TransportError.Reset ? Ending.Reset : Ending.Error, result.Error);
            return;
        }
        _sent += result.Bytes;
        if (_sending is null || _sent < _sending.Length)
            return;
        NextFrame();
        if (_sending is null)
            OnSent();
    }

    private void NextFrame()
    {
        Frame done = _sending!;
        _sent = 0;
        _sending = _waiting is { Count: > 0 } ? _waiting.Dequeue() : null;
        done.Release();
    }
}
