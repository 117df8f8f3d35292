using Longwire.Primitives;
using Longwire.Transport;

namespace Longwire.Testing;

/// <summary>
/// The seam of the poller of framework sockets: completions come through the inbox, and a write may be pending.
/// </summary>
/// <remarks>
/// Owner, concurrency: see <see cref="Wire"/>. Bound: one receive and one send in flight; the segments of the send are
/// read while it is pending, so a frame that is released early is found.
/// </remarks>
internal sealed class CompletionWire : MemoryWire
{
    private readonly Completion _receive;
    private readonly Completion _send;
    private Segment[] _pending = [];
    private int _pendingFrom;
    private int _pendingBytes;
    private int _sent;
    private bool _receiveInFlight;
    private bool _pretend;
    private IoResult _completed;
    private bool _hasCompleted;

    internal CompletionWire(MemoryNetwork network, MemoryEnd end, PeerAddress remote)
        : base(network, end, remote)
    {
        _receive = new Completion(this, static wire => wire.OnReceived());
        _send = new Completion(this, static wire => wire.OnSent());
    }

    protected override bool HasUntold => !_receiveInFlight || _receive.IsPosted || _send.IsPosted;

    public override void OnArrived()
    {
        if (_receiveInFlight)
            _receive.Post();
        if (HasPendingWrite && End.IsReset)
            CompleteSend(IoResult.Failure(TransportError.Reset));
    }

    public override void OnRoom() => Drain();

    public override IoResult Read(Span<byte> buffer)
    {
        if (IsClosed)
            return IoResult.Failure(TransportError.Closed);
        int count = End.Read(buffer);
        if (count > 0 && count == buffer.Length)
            return IoResult.Moved(count);
        IsReadable = false;
        IoResult result = count > 0 ? IoResult.Moved(count) : ReadNothing();
        if (result.Status is IoStatus.Done or IoStatus.WouldBlock)
            AwaitReadable();
        return result;
    }

    public override IoResult Write(ReadOnlySpan<Segment> segments)
    {
        if (IsClosed)
            return IoResult.Failure(TransportError.Closed);
        if (HasPendingWrite)
            throw new InvalidOperationException("A write began while another one was pending.");
        if (IsBroken)
            return IoResult.Failure(TransportError.Reset);
        segments = segments[..Math.Min(segments.Length, MaxSegments)];
        int wanted = Total(segments);
        int count = Allowance(wanted);
        bool pretendFull = Network.Draw(Network.Faults.PartialWrite);
        if (wanted > 0 && (count == 0 || pretendFull))
            return SendLater(segments, wanted);
        Send(segments, count);
        return IoResult.Moved(count);
    }

    public override bool TakeCompleted(out IoResult result)
    {
        result = _completed;
        bool had = _hasCompleted;
        _hasCompleted = false;
        return had;
    }

    public override void ShutdownWrite()
    {
        if (IsClosed)
            return;
        if (HasPendingWrite)
            CompleteSend(IoResult.Failure(TransportError.Reset)); // EPIPE
        End.SendFin();
    }

    internal override void Attach(MemoryPoller poller)
    {
        base.Attach(poller);
        AwaitReadable();
    }

    internal override void PretendReadable()
    {
        _pretend = true;
        if (_receiveInFlight)
            _receive.Post();
    }

    /// <summary>What is in flight completes with "aborted", later, by the inbox.</summary>
    protected override void OnClosed()
    {
        if (HasPendingWrite)
            CompleteSend(IoResult.Failure(TransportError.Closed));
    }

    private void AwaitReadable()
    {
        if (_receiveInFlight || IsClosed)
            return;
        _receiveInFlight = true;
        if (End.HasNews || _pretend)
            _receive.Post();
    }

    private void OnReceived()
    {
        _receiveInFlight = _pretend = false;
        if (IsClosed)
            return;
        IsReadable = true; // bytes, the end, or an error: the read tells
        Loop!.MarkReady(this);
    }

    private IoResult SendLater(ReadOnlySpan<Segment> segments, int bytes)
    {
        _pending = segments.ToArray();
        _pendingBytes = bytes;
        _pendingFrom = _sent = 0;
        HasPendingWrite = true;
        IsWritable = false;
        if (End.Room > 0)
            Network.Schedule(Network.Time.Elapsed, Drain); // pending by the seed: nobody will read and so tell of room
        return IoResult.Pended(bytes);
    }

    private void Drain()
    {
        if (!HasPendingWrite || _sent == _pendingBytes || _send.IsPosted || End.IsReset)
            return;
        int before = _sent;
        while (_sent < _pendingBytes && End.Room > 0)
        {
            ReadOnlySpan<byte> segment = _pending[0].Span[_pendingFrom..];
            int fits = End.Append(segment);
            _sent += fits;
            _pendingFrom += fits;
            if (fits == segment.Length)
            {
                _pending = _pending[1..];
                _pendingFrom = 0;
            }
        }
        // Said before the bytes leave: an arrival may bring about further calls to this method.
        int taken = _sent - before;
        if (_sent == _pendingBytes)
            CompleteSend(IoResult.Moved(_pendingBytes));
        End.Ship(taken);
    }

    private void CompleteSend(IoResult result)
    {
        if (_hasCompleted || _send.IsPosted)
            return;
        _completed = result;
        _pending = [];
        _send.Post();
    }

    private void OnSent()
    {
        HasPendingWrite = false;
        _hasCompleted = true;
        if (IsClosed)
        {
            Handler?.OnReady(); // the segments are free now, and no further event will come
            return;
        }
        IsWritable = true;
        Loop!.MarkReady(this);
    }

    /// <summary>
    /// Brings the end of an operation to the loop; from the framework's thread, so no loop is current.
    /// </summary>
    private sealed class Completion(CompletionWire wire, Action<CompletionWire> onCompleted) : LoopWork
    {
        internal bool IsPosted => Posted != 0;

        internal void Post() => MemoryNetwork.OffLoop(() => wire.Loop!.Post(this));

        protected internal override void Run() => onCompleted(wire);
    }
}
