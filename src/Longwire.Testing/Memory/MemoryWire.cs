using Longwire.Transport;

namespace Longwire.Testing;

/// <summary>A connection in memory, as the loop that owns it sees it.</summary>
/// <remarks>Owner, concurrency, bound: see <see cref="Wire"/>. The derived types imitate one seam each.</remarks>
internal abstract class MemoryWire : Wire, IEndOwner
{
    protected const int MaxSegments = 64; // as the pollers of sockets have it

    protected MemoryWire(MemoryNetwork network, MemoryEnd end, PeerAddress remote)
    {
        Network = network;
        End = end;
        Remote = remote;
        end.Owner = this;
    }

    /// <summary>Where the poller's list has the wire.</summary>
    internal int Place { get; set; }

    /// <summary>The wire was read empty and waits to be told of more.</summary>
    internal bool IsParkedOnRead =>
        Poller is not null && !IsClosed && !IsReadable && !InReadyList && !HasUntold && !End.HasNews;

    /// <summary>The wire was filled and waits to be told of room.</summary>
    internal bool IsBlockedOnWrite => !IsClosed && (!IsWritable || HasPendingWrite);

    protected MemoryNetwork Network { get; }

    protected MemoryEnd End { get; }

    protected MemoryPoller? Poller { get; private set; }

    /// <summary>An event or completion is on its way to the loop.</summary>
    protected abstract bool HasUntold { get; }

    public override void Close(CloseMode mode)
    {
        if (IsClosed)
            return;
        IsClosed = true;
        IsReadable = IsWritable = false;
        Poller?.Forget(this);
        End.Close(mode);
        OnClosed();
    }

    public override bool TryGetStatistics(out TcpStatistics statistics)
    {
        statistics = default;
        if (IsClosed)
            return false;
        int unread = End.Other.Unread;
        statistics = new(TimeSpan.Zero, End.UnderWay + unread, 0, End.AcknowledgedBytes, TimeSpan.Zero);
        return true;
    }

    public abstract void OnArrived();

    public abstract void OnRoom();

    internal virtual void Attach(MemoryPoller poller) => Poller = poller;

    internal abstract void PretendReadable();

    protected virtual void OnClosed()
    {
    }

    /// <summary>The outcome of a read that gave no bytes.</summary>
    protected IoResult ReadNothing()
    {
        // A FIN ends reading for good; a reset behind it is seen only by a write (Linux: SOCK_DONE before SO_ERROR).
        if (!End.FinArrived && End.TakeReset())
            return IoResult.Failure(TransportError.Reset);
        return IoResult.Of(End.FinArrived || End.IsReset ? IoStatus.EndOfStream : IoStatus.WouldBlock);
    }

    /// <summary>True when a write must fail: a reset came, or FIN was sent before.</summary>
    protected bool IsBroken
    {
        get
        {
            if (!End.IsReset && !End.FinSent)
                return false;
            _ = End.TakeReset(); // whoever is told first clears the error; a later read sees the end
            return true;
        }
    }

    /// <summary>What a write takes now of <paramref name="wanted"/> bytes: what fits, or less by the seed.</summary>
    protected int Allowance(int wanted)
    {
        int fits = Math.Min(wanted, End.Room);
        return fits > 1 && Network.Draw(Network.Faults.PartialWrite) ? Network.Random.Between(1, fits - 1) : fits;
    }

    protected static int Total(ReadOnlySpan<Segment> segments)
    {
        int total = 0;
        foreach (Segment segment in segments)
            total += segment.Length;
        return total;
    }

    /// <summary>Sends the first <paramref name="bytes"/> of the segments.</summary>
    protected void Send(ReadOnlySpan<Segment> segments, int bytes)
    {
        int left = bytes;
        foreach (Segment segment in segments)
        {
            if (left == 0)
                break;
            left -= End.Append(segment.Span[..Math.Min(left, segment.Length)]);
        }
        End.Ship(bytes);
    }

    /// <summary>Sends bytes.</summary>
    protected void Send(ReadOnlySpan<byte> bytes) => End.Ship(End.Append(bytes));
}
