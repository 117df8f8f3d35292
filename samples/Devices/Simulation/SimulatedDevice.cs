using Longwire.Primitives;
using Longwire.Transport;

namespace Longwire.Samples.Devices.Simulation;

/// <summary>Who a device is, whatever connection it has: its name, its key, and the commands that it has had.</summary>
internal sealed class DeviceIdentity(string name, string key)
{
    public string Name { get; } = name;

    public string Key { get; } = key;

    /// <summary>Commands carried out; on the fleet's loop.</summary>
    public int Commands { get; set; }
}

/// <summary>One connection of a device: logs in, answers each command with <c>NAME COUNT COMMAND</c>.</summary>
/// <remarks>
/// Owner: the fleet. Concurrency: the fleet's loop, but for what says otherwise. Bound: it answers what it is asked, so
/// what waits to be written is bounded by what the server asks. Idle, it holds no buffer.
/// </remarks>
internal sealed class SimulatedDevice(DeviceFleet fleet, DeviceIdentity identity) : IDialHandler, IWireHandler
{
    private readonly FrameDecoder _decoder = DeviceFrames.Codec.CreateDecoder(fleet.Pool);
    private Queue<Frame>? _waiting; // behind _sending; a device seldom has two answers to write at one time
    private Frame? _sending;
    private int _sent; // bytes of _sending
    private Wire? _wire;
    private TaskCompletionSource<string>? _end; // made when somebody waits for it
    private string? _goodbye;
    private bool _isSettled;
    private volatile string? _ending;

    public DeviceIdentity Identity { get; } = identity;

    /// <summary>Why it has ended: the server's words, or what happened. Null before; any thread.</summary>
    public string? Ending => _ending;

    public void OnDialled(Wire? wire, TransportError error)
    {
        if (wire is null)
        {
            End($"not connected: {error}");
            return;
        }
        _wire = wire;
        fleet.Loop.Add(wire, this);
        Send(DeviceMessage.Write(DeviceMessageType.LogIn, text: $"{Identity.Name} {Identity.Key}"));
    }

    public void OnReady()
    {
        if (_wire!.TakeCompleted(out IoResult completed))
            TakeWritten(completed);
        if (_ending is not null)
            DropFrames();
        else
            WriteQueued();
        if (_ending is null && _wire.IsReadable)
            Read();
    }

    /// <summary>Ends the connection, if it has not ended.</summary>
    public void End(string why, CloseMode mode = CloseMode.Close)
    {
        if (_ending is not null)
            return;
        _ending = why;
        _wire?.Close(mode);
        _decoder.Dispose();
        DropFrames();
        Settle();
        _end?.TrySetResult(why);
    }

    /// <summary>The end, when it comes or has come.</summary>
    public Task<string> WatchEnd()
    {
        _end ??= new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (_ending is { } why)
            _end.TrySetResult(why);
        return _end.Task;
    }

    private void Read()
    {
        Span<byte> buffer = fleet.Loop.ReceiveBuffer;
        IoResult result = _wire!.Read(buffer);
        if (result.Status == IoStatus.EndOfStream)
            End(_goodbye ?? "the server closed");
        else if (result.Status == IoStatus.Failed)
            End($"the connection failed: {result.Error}");
        else if (result.Status == IoStatus.Done)
        {
            Take(buffer[..result.Bytes]);
            if (_ending is null && _wire.IsReadable)
                fleet.Loop.MarkReady(_wire); // after the others' turns
        }
    }

    private void Take(ReadOnlySpan<byte> input)
    {
        while (_ending is null)
        {
            switch (_decoder.Decode(ref input, out ReadOnlySpan<byte> frame))
            {
                case DecodeStatus.Frame:
                    On(new DeviceMessage(frame));
                    break;
                case DecodeStatus.Invalid:
                    End($"the server sent what is no message: {_decoder.Error}");
                    break;
                default:
                    return;
            }
        }
    }

    private void On(DeviceMessage message)
    {
        switch (message.Type)
        {
            case DeviceMessageType.Welcome:
                Settle();
                break;
            case DeviceMessageType.Command:
                string answer = $"{Identity.Name} {++Identity.Commands} {message.Text}";
                Send(DeviceMessage.Write(DeviceMessageType.Answer, message.Id, answer));
                break;
            case DeviceMessageType.Goodbye:
                _goodbye = message.Text; // the server's FIN follows; to be quicker would end it for another reason
                break;
        }
    }

    /// <summary>Tells the fleet, once, that the login is answered or the connection has ended.</summary>
    private void Settle()
    {
        if (_isSettled)
            return;
        _isSettled = true;
        fleet.OnSettled();
    }

    private void Send(ReadOnlySpan<byte> message)
    {
        if (!fleet.Pool.TryRentFrame(DeviceFrames.Codec.GetEncodedLength(message), out Frame? frame)
            || DeviceFrames.Codec.TryEncode(message, frame.Span, out _) != FrameError.None)
        {
            throw new InvalidOperationException("A device's message does not fit into a frame, or into memory.");
        }
        if (_sending is not null)
        {
            _waiting ??= new Queue<Frame>();
            _waiting.Enqueue(frame);
            return;
        }
        _sending = frame;
        WriteQueued();
    }

    private void WriteQueued()
    {
        while (_ending is null && _sending is not null && _wire!.IsWritable && !_wire.HasPendingWrite)
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
            End($"the connection failed: {result.Error}");
            return;
        }
        _sent += result.Bytes;
        if (_sending is not null && _sent >= _sending.Length)
            NextFrame();
    }

    /// <summary>Gives back what waits to be written; the poller's own comes back with its completion.</summary>
    private void DropFrames()
    {
        while (_sending is not null && _wire is not { HasPendingWrite: true })
            NextFrame();
    }

    private void NextFrame()
    {
        _sending!.Release();
        _sent = 0;
        _sending = _waiting is { Count: > 0 } ? _waiting.Dequeue() : null;
    }
}
