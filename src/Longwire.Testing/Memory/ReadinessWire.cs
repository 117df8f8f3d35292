using Longwire.Transport;

namespace Longwire.Testing;

/// <summary>The seam of the epoll poller: edges of readiness, and writes that take what fits.</summary>
/// <remarks>Owner, concurrency, bound: see <see cref="Wire"/>.</remarks>
internal sealed class ReadinessWire(MemoryNetwork network, MemoryEnd end, PeerAddress remote)
    : MemoryWire(network, end, remote), IMemoryTarget
{
    private bool _peerHungUp;
    private bool _pretend;

    public bool IsSignalled { get; set; }

    protected override bool HasUntold => IsSignalled;

    /// <summary>An edge carries the level of everything, as in epoll(7).</summary>
    public void OnEvents()
    {
        if (IsClosed)
            return;
        _peerHungUp |= End.FinArrived || End.IsReset;
        IsReadable |= End.HasNews || _pretend;
        IsWritable |= End.Room > 0 || End.IsReset;
        _pretend = false;
        Loop!.MarkReady(this);
    }

    public override void OnArrived() => Signal();

    public override void OnRoom()
    {
        if (!IsWritable)
            Signal();
    }

    public override IoResult Read(Span<byte> buffer)
    {
        if (IsClosed)
            return IoResult.Failure(TransportError.Closed);
        int count = End.Read(buffer);
        IsReadable = count > 0 && (count == buffer.Length || _peerHungUp);
        return count > 0 ? IoResult.Moved(count) : ReadNothing();
    }

    public override IoResult Write(ReadOnlySpan<Segment> segments)
    {
        segments = segments[..Math.Min(segments.Length, MaxSegments)];
        IoResult result = Take(Total(segments));
        Send(segments, result.Bytes);
        SignalRoom();
        return result;
    }

    internal override IoResult WriteNow(ReadOnlySpan<byte> bytes)
    {
        IoResult result = Take(bytes.Length);
        Send(bytes[..result.Bytes]);
        SignalRoom();
        return result;
    }

    public override void ShutdownWrite()
    {
        if (!IsClosed)
            End.SendFin();
    }

    internal override void Attach(MemoryPoller poller)
    {
        base.Attach(poller);
        poller.Signal(this); // EPOLL_CTL_ADD reports what is ready already, and a fresh socket is writable
    }

    internal override void PretendReadable()
    {
        _pretend = true;
        Signal();
    }

    /// <summary>What a write takes, and tells.</summary>
    private IoResult Take(int wanted)
    {
        if (IsClosed)
            return IoResult.Failure(TransportError.Closed);
        if (IsBroken)
        {
            IsWritable = false;
            return IoResult.Failure(TransportError.Reset);
        }
        int count = Allowance(wanted);
        IsWritable = count == wanted;
        return count > 0 || wanted == 0 ? IoResult.Moved(count) : IoResult.Of(IoStatus.WouldBlock);
    }

    /// <summary>Short by the seed, or the peer read meanwhile: the edge follows at once.</summary>
    private void SignalRoom()
    {
        if (!IsClosed && !IsWritable && End.Room > 0)
            Signal();
    }

    private void Signal() => Poller?.Signal(this);
}
