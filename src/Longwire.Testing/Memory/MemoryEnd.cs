using Longwire.Transport;

namespace Longwire.Testing;

/// <summary>
/// Told when something reached its end of a connection. It only notes the fact; it never calls a handler.
/// </summary>
internal interface IEndOwner
{
    /// <summary>Bytes, FIN or a reset arrived.</summary>
    void OnArrived();

    /// <summary>The other end read, so that there is room to send again.</summary>
    void OnRoom();
}

/// <summary>
/// One end of a connection in memory: what it sent and is under way, and what arrived and is unread.
/// </summary>
/// <remarks>
/// Owner: its network, then the wire or peer at this end. Concurrency: the simulation's thread. Bound: what is under
/// way plus what the other end has not read is at most <see cref="FaultPlan.BufferBytes"/>.
/// The rules are those of TCP on Linux: bytes that arrived before a reset stay readable; a close with unread input
/// resets (RFC 2525 §2.17); bytes for an end that is closed are answered by a reset.
/// </remarks>
internal sealed class MemoryEnd
{
    private readonly MemoryNetwork _network;
    private readonly ByteQueue _sent = new();
    private readonly ByteQueue _arrived = new();
    private readonly Queue<Parcel> _parcels = new();
    private readonly int _capacity;
    private TimeSpan _lastDue;
    private bool _resetTold;

    private MemoryEnd(MemoryNetwork network, int connection, int capacity)
    {
        _network = network;
        _capacity = capacity;
        Connection = connection;
    }

    internal int Connection { get; }

    internal MemoryEnd Other { get; private set; } = null!;

    internal IEndOwner? Owner { get; set; }

    internal bool FinSent { get; private set; }

    internal bool FinArrived { get; private set; }

    /// <summary>The connection is broken at this end, by a reset sent or received.</summary>
    internal bool IsReset { get; private set; }

    internal bool ResetArrived { get; private set; }

    internal bool IsClosed { get; private set; }

    internal int Unread => _arrived.Count;

    internal int UnderWay => _sent.Count;

    internal long AcknowledgedBytes { get; private set; }

    internal int Room => _capacity - _sent.Count - Other._arrived.Count;

    /// <summary>A read would give bytes, the end or an error.</summary>
    internal bool HasNews => _arrived.Count > 0 || FinArrived || IsReset;

    internal static MemoryEnd CreatePair(MemoryNetwork network, int connection, int capacity)
    {
        var client = new MemoryEnd(network, connection, capacity);
        client.Other = new MemoryEnd(network, connection, capacity) { Other = client };
        return client;
    }

    /// <summary>Takes what fits; it leaves with <see cref="Ship"/>.</summary>
    internal int Append(ReadOnlySpan<byte> bytes)
    {
        if (IsReset)
            return 0;
        ReadOnlySpan<byte> fits = bytes[..Math.Min(bytes.Length, Room)];
        _sent.Add(fits);
        return fits.Length;
    }

    /// <summary>Sends what was appended on its way, in one piece or in several.</summary>
    internal void Ship(int bytes)
    {
        while (bytes > 0 && !IsReset) // an earlier piece may have met a reset
        {
            int piece = bytes > 1 && _network.Draw(_network.Faults.Split) ? _network.Random.Between(1, bytes) : bytes;
            Send(new Parcel(ParcelKind.Bytes, piece));
            bytes -= piece;
        }
    }

    internal void SendFin()
    {
        if (FinSent || IsReset)
            return;
        FinSent = true;
        Send(new Parcel(ParcelKind.Fin, 0));
    }

    /// <summary>Throws away what is under way and resets.</summary>
    internal void SendReset()
    {
        if (IsReset)
            return;
        IsReset = true;
        DropUnderWay();
        Send(new Parcel(ParcelKind.Reset, 0));
    }

    internal void Close(CloseMode mode)
    {
        if (IsClosed)
            return;
        IsClosed = true;
        if (mode == CloseMode.Abort || _arrived.Count > 0)
            SendReset();
        else
            SendFin();
        _arrived.Clear();
    }

    internal int Read(Span<byte> buffer)
    {
        int count = _arrived.Take(buffer);
        if (count > 0)
            Other.Owner?.OnRoom();
        return count;
    }

    /// <summary>
    /// The reset as an error, once; afterwards a read sees the end and a write fails (SO_ERROR is cleared by reading
    /// it).
    /// </summary>
    internal bool TakeReset()
    {
        bool told = _resetTold;
        _resetTold = IsReset;
        return IsReset && !told;
    }

    /// <summary>The network's own reset: this end sees one without the other's doing.</summary>
    internal void ArriveReset()
    {
        DropUnderWay();
        if (IsReset)
            return;
        IsReset = ResetArrived = true;
        _network.Trace.Add("reset", Connection);
        Owner?.OnArrived();
    }

    private void Send(Parcel parcel)
    {
        bool late = _network.TryDelay(out TimeSpan due);
        if (!late && _parcels.Count == 0 && !_network.Draw(_network.Faults.InFlight))
        {
            Deliver(parcel);
            return;
        }
        _lastDue = due > _lastDue ? due : _lastDue; // later, never out of order
        _parcels.Enqueue(parcel);
        _network.Schedule(_lastDue, () => Arrive(parcel));
    }

    private void Arrive(Parcel parcel)
    {
        if (parcel.IsDropped)
            return;
        _parcels.Dequeue();
        Deliver(parcel);
    }

    private void Deliver(Parcel parcel)
    {
        _network.Trace.Add(parcel.Kind.ToString(), Connection, parcel.Bytes);
        if (parcel.Kind == ParcelKind.Reset)
        {
            Other.ArriveReset();
            return;
        }
        if (_network.Draw(_network.Faults.Reset))
        {
            ArriveReset();
            Other.ArriveReset();
            return;
        }
        if (parcel.Kind == ParcelKind.Fin)
        {
            Other.FinArrived = true;
        }
        else if (Other.IsClosed)
        {
            _sent.Drop(parcel.Bytes);
            Other.SendReset();
            return;
        }
        else
        {
            Other._arrived.Add(_sent.First(parcel.Bytes));
            _sent.Drop(parcel.Bytes);
            AcknowledgedBytes += parcel.Bytes;
        }
        Other.Owner?.OnArrived();
    }

    private void DropUnderWay()
    {
        foreach (Parcel parcel in _parcels)
            parcel.IsDropped = true;
        _parcels.Clear();
        _sent.Clear();
    }

    private enum ParcelKind : byte
    {
        Bytes,
        Fin,
        Reset,
    }

    private sealed class Parcel(ParcelKind kind, int bytes)
    {
        internal ParcelKind Kind { get; } = kind;

        internal int Bytes { get; } = bytes;

        internal bool IsDropped { get; set; }
    }
}
