using System.Buffers.Binary;
using System.Net;
using System.Net.Security;
using Longwire.Primitives;
using Longwire.Transport;
using Longwire.Transport.Layers;
using Longwire.Transport.Sockets;

namespace Longwire.Kerberos;

/// <summary>Longwire's own client: a dialled wire with Negotiate, and messages of given sizes echoed.</summary>
internal sealed class Dialler : IDialHandler, IWireHandler, ILoopTenant
{
    private readonly SlabPool _pool = new();
    private readonly Loop _loop;
    private readonly Queue<Frame> _toSend = [];
    private readonly TaskCompletionSource<string> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly byte[][] _messages;
    private readonly byte[] _expected;
    private readonly MemoryStream _received = new();
    private Wire? _wire;
    private int _from; // of the first frame

    private Dialler(PollerKind poller, int[] sizes)
    {
        Poller made = poller == PollerKind.Socket ? new SocketPoller() : Poller.ForThisSystem();
        _loop = new Loop(0, made, _pool, TimeProvider.System) { Tenant = this };
        _messages = Array.ConvertAll(sizes, Message);
        _expected = [.. _messages.SelectMany(static message => message)];
    }

    internal static async Task<int> RunAsync(PollerKind poller, string address, string service, int[] sizes)
    {
        var layer = new NegotiateClientLayer(new NegotiateClientOptions
        {
            Service = service,
            Protection = ProtectionLevel.EncryptAndSign,
        });
        var dialler = new Dialler(poller, sizes);
        dialler._loop.Start();
        dialler._loop.Post(new Dial(dialler, IPEndPoint.Parse(address), layer));
        string said = await dialler._ended.Task;
        Console.WriteLine(said);
        dialler._loop.RequestStop();
        dialler._loop.Join(TimeSpan.FromSeconds(10));
        dialler._loop.Dispose();
        return said.StartsWith("ok", StringComparison.Ordinal) ? 0 : 1;
    }

    public bool Flush() => false;

    public void OnFault(Exception exception, object? culprit) => End($"failed {exception}");

    public void OnHeld(TimeSpan duration, object? culprit)
    {
    }

    public void OnDialled(Wire? wire, TransportError error)
    {
        _wire = wire;
        if (wire is null)
        {
            End($"failed {error}");
            return;
        }
        foreach (byte[] message in _messages)
        {
            if (!_pool.TryRentFrame(message.Length, out Frame? frame))
                throw new InvalidOperationException("no memory");
            message.CopyTo(frame.Span);
            _toSend.Enqueue(frame);
        }
        _loop.Add(wire, this);
        OnReady();
    }

    public void OnReady()
    {
        if (_wire!.TakeCompleted(out IoResult done))
            Sent(done);
        while (_wire is { IsWritable: true, HasPendingWrite: false } && _toSend.TryPeek(out Frame? frame))
        {
            IoResult result = _wire.Write([new Segment(frame, _from)]);
            if (result.Status == IoStatus.Pending)
                break;
            Sent(result);
        }
        while (_wire.IsReadable)
        {
            IoResult result = _wire.Read(_loop.ReceiveBuffer);
            if (result.Status is IoStatus.Failed or IoStatus.EndOfStream)
            {
                End($"failed {result.Status} {result.Error}");
                return;
            }
            if (result.Status == IoStatus.Done)
                _received.Write(_loop.ReceiveBuffer[..result.Bytes]);
        }
        if (_received.Length < _expected.Length)
            return;
        string peer = ((LayeredWire)_wire).Context.Identity?.Name ?? "nobody";
        _wire.Close(CloseMode.Close);
        End(_received.ToArray().AsSpan().SequenceEqual(_expected) ? $"ok {peer}" : "failed: the echo is another");
    }

    private void Sent(IoResult result)
    {
        if (result.Status == IoStatus.Failed)
        {
            End($"failed {result.Error}");
            return;
        }
        _from += result.Bytes;
        if (_from < _toSend.Peek().Length)
            return;
        _toSend.Dequeue().Release();
        _from = 0;
    }

    private void End(string said) => _ended.TrySetResult(said);

    private static byte[] Message(int size)
    {
        byte[] message = new byte[size];
        new Random(size).NextBytes(message);
        BinaryPrimitives.WriteInt32BigEndian(message, size - 4);
        return message;
    }

    private sealed class Dial(Dialler dialler, IPEndPoint target, Layer layer) : LoopWork
    {
        protected override void Run() =>
            dialler._loop.Dial(target, new DialOptions { Layers = [layer] }, dialler);
    }
}
