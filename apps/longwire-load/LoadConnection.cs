using Longwire.Primitives;
using Longwire.Transport;

namespace Longwire.Load;

/// <summary>How a connection ended, as the client saw it.</summary>
internal enum Ending
{
    /// <summary>It has not ended.</summary>
    None,

    /// <summary>The dial failed.</summary>
    NotConnected,

    /// <summary>The server's FIN.</summary>
    Fin,

    /// <summary>The server's RST.</summary>
    Reset,

    /// <summary>Any other error, or bytes that are no frame.</summary>
    Error,
}

/// <summary>One client connection that speaks the PushLab protocol.</summary>
/// <remarks>
/// Owner: its scenario. Concurrency: the driver's loop. Bound: what <see cref="Send"/> could not write yet waits here;
/// scenarios have few messages in flight per connection. In steady state it allocates nothing.
/// </remarks>
internal abstract class LoadConnection : IDialHandler, IWireHandler
{
    private static readonly LengthPrefix s_codec = LengthPrefix.BigEndian32(maxBytes: 1 << 20);

    private readonly LoadLoop _owner;
    private readonly FrameDecoder _decoder;
    private Wire? _wire;
    private Queue<Frame>? _unsent;
    private int _headSent;
    private bool _paused;

    protected LoadConnection(LoadLoop owner)
    {
        _owner = owner;
        _decoder = s_codec.CreateDecoder(owner.Pool);
    }

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

    /// <summary>Called once after the dial, or its failure; then the connector dials the next one.</summary>
    internal Action<LoadConnection>? Settled { get; set; }

    public void OnDialled(Wire? wire, TransportError error)
    {
        if (wire is null)
        {
            End(Ending.NotConnected, error);
            return;
        }
        _wire = wire;
        _owner.Loop.Add(wire, this);
        OnConnected();
    }

    public void OnReady()
    {
        if (_wire!.TakeCompleted(out IoResult completed))
            TakeWritten(completed);
        if (Ending != Ending.None)
            return;
        if (_unsent is { Count: > 0 } && _wire.IsWritable && !_wire.HasPendingWrite)
            WriteQueued();
        if (!_paused && _wire.IsReadable && Ending == Ending.None)
            ReadTurn();
    }

    /// <summary>Closes this side: FIN, once the server has ended or the scenario is over.</summary>
    internal void Close(CloseMode mode = CloseMode.Close)
    {
        _wire?.Close(mode);
        _decoder.Dispose();
        if (_wire is { HasPendingWrite: true })
            return; // the poller owns the frame still, and the process ends soon
        while (_unsent is { Count: > 0 })
            _unsent.Dequeue().Release();
    }

    /// <summary>Encodes a frame of <paramref name="length"/> payload bytes, which the caller fills in.</summary>
    protected Frame RentFrame(int length, out Span<byte> payload)
    {
        if (!_owner.Pool.TryRentFrame(length + sizeof(int), out Frame? frame))
            throw new InvalidOperationException("The driver's memory ceiling is reached; lower the rate or the size.");
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(frame.Span, length);
        payload = frame.Span[sizeof(int)..];
        return frame;
    }

    /// <summary>Sends a frame and takes over the caller's reference to it.</summary>
    protected void Send(Frame frame)
    {
        if (Ending != Ending.None)
        {
            frame.Release();
            return;
        }
        _unsent ??= new Queue<Frame>(1);
        _unsent.Enqueue(frame);
        if (_unsent.Count == 1 && !_wire!.HasPendingWrite)
            WriteQueued();
    }

    /// <summary>The connection stands: say what the scenario says first.</summary>
    protected abstract void OnConnected();

    /// <summary>A whole message; valid during the call.</summary>
    protected abstract void OnMessage(ReadOnlySpan<byte> payload);

    /// <summary>The connection has ended; see <see cref="Ending"/>.</summary>
    protected virtual void OnEnded()
    {
    }

    /// <summary>Tells the connector that the connection is set up.</summary>
    protected void Settle()
    {
        Action<LoadConnection>? settled = Settled;
        Settled = null;
        settled?.Invoke(this);
    }

    protected void End(Ending ending, TransportError error = TransportError.None)
    {
        if (Ending != Ending.None)
            return;
        Ending = ending;
        Error = error;
        Close();
        OnEnded();
        Settle();
    }

    private void ReadTurn()
    {
        Span<byte> buffer = _owner.Loop.ReceiveBuffer;
        IoResult result = _wire!.Read(buffer);
        switch (result.Status)
        {
            case IoStatus.Done:
                Decode(buffer[..result.Bytes]);
                if (Ending == Ending.None && _wire.IsReadable && !_paused)
                    _owner.Loop.MarkReady(_wire);
                break;
            case IoStatus.EndOfStream:
                End(_decoder.EndOfStream() == DecodeStatus.Invalid ? Ending.Error : Ending.Fin);
                break;
            case IoStatus.Failed:
                End(result.Error == TransportError.Reset ? Ending.Reset : Ending.Error, result.Error);
                break;
        }
    }

    private void Decode(ReadOnlySpan<byte> input)
    {
        while (Ending == Ending.None)
        {
            DecodeStatus status = _decoder.Decode(ref input, out ReadOnlySpan<byte> payload);
            if (status == DecodeStatus.Frame)
            {
                OnMessage(payload);
                continue;
            }
            if (status == DecodeStatus.Invalid)
                End(Ending.Error, TransportError.Other);
            return;
        }
    }

    private void WriteQueued()
    {
        while (_unsent!.TryPeek(out Frame? head) && _wire!.IsWritable && !_wire.HasPendingWrite)
        {
            var segment = new Segment(head, _headSent);
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
        _headSent += result.Bytes;
        if (_unsent is { Count: > 0 } && _headSent == _unsent.Peek().Length)
        {
            _headSent = 0;
            _unsent.Dequeue().Release();
        }
    }
}
