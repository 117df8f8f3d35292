using System.Net;
using Longwire.Transport;

namespace Longwire.Testing;

/// <summary>
/// The client's end of a connection, driven by the test without a loop. It reads what arrives unless it was stopped.
/// </summary>
/// <remarks>
/// Owner: the test. Concurrency: the simulation's thread. Bound: <see cref="LongestQueueBytes"/> to send; what was
/// received is kept until <see cref="Receive"/>.
/// </remarks>
public sealed class MemoryPeer : IEndOwner
{
    /// <summary>Most bytes that may wait at the peer because the other side does not read: 64 MiB.</summary>
    public const int LongestQueueBytes = 64 << 20;

    private readonly MemoryNetwork _network;
    private readonly MemoryEnd _end;
    private readonly ByteQueue _unsent = new();
    private readonly ByteQueue _received = new();
    private bool _finWanted;
    private bool _isStopped;
    private bool _isStalled;
    private bool _isDraining;

    internal MemoryPeer(MemoryNetwork network, MemoryEnd end, IPEndPoint address)
    {
        _network = network;
        _end = end;
        Address = address;
        end.Owner = this;
    }

    /// <summary>The peer's own address.</summary>
    public IPEndPoint Address { get; }

    /// <summary>The connection's number in its network, from 0; the trace names it.</summary>
    public int Connection => _end.Connection;

    /// <summary>Called when something was received, or the end or a reset was seen. It must not step loops.</summary>
    public Action<MemoryPeer>? Arrived { get; set; }

    /// <summary>Bytes that wait at the peer for room.</summary>
    public int UnsentBytes => _unsent.Count;

    /// <summary>Bytes that <see cref="Receive"/> would return.</summary>
    public int ReceivedBytes => _received.Count;

    /// <summary>The server closed its side, or shut down writing, and everything before that was received.</summary>
    public bool SawFin => _end.FinArrived && _end.Unread == 0;

    /// <summary>A reset arrived.</summary>
    public bool SawReset => _end.ResetArrived;

    /// <summary>The server accepted the connection.</summary>
    public bool IsAccepted => Server is not null;

    /// <summary>The server closed its wire; the peer may not have seen it yet.</summary>
    public bool IsClosedByServer => _end.Other.IsClosed;

    /// <summary>Reading was stopped by the test, or by a stall of the fault plan.</summary>
    public bool IsReadingStopped => _isStopped || _isStalled;

    /// <summary>The server has read all that was sent and waits for more.</summary>
    public bool ServerIsParkedOnRead =>
        Server is { IsParkedOnRead: true } && _unsent.Count == 0 && _end.UnderWay == 0;

    /// <summary>The server has something to send that the peer leaves no room for.</summary>
    public bool ServerIsBlockedOnWrite => Server is { IsBlockedOnWrite: true };

    private MemoryWire? Server => _end.Other.Owner as MemoryWire;

    /// <summary>Sends bytes; what finds no room waits at the peer and goes out as the server reads.</summary>
    /// <exception cref="InvalidOperationException">The peer sent FIN, or too much waits.</exception>
    public void Send(ReadOnlySpan<byte> bytes)
    {
        if (_finWanted)
            throw new InvalidOperationException("The peer has sent FIN already.");
        if (_unsent.Count + bytes.Length > LongestQueueBytes)
            throw new InvalidOperationException($"More than {LongestQueueBytes} bytes wait at the peer.");
        if (_end.IsReset || _end.IsClosed)
            return;
        _unsent.Add(bytes);
        Pump();
    }

    /// <summary>What was received since the last call.</summary>
    public byte[] Receive()
    {
        byte[] bytes = new byte[_received.Count];
        _received.Take(bytes);
        return bytes;
    }

    /// <summary>Sends FIN after what was sent; receiving goes on.</summary>
    public void Fin()
    {
        _finWanted = true;
        Pump();
    }

    /// <summary>Resets the connection; what is under way is lost.</summary>
    public void Reset()
    {
        _finWanted = true;
        _unsent.Clear();
        _end.Close(CloseMode.Abort);
    }

    /// <summary>Closes as a process does that ends: FIN, and a reset to whatever is sent to it afterwards.</summary>
    public void Close()
    {
        _finWanted = true;
        _unsent.Clear();
        _end.Close(CloseMode.Close);
    }

    /// <summary>Leaves what arrives where it is, so that the server runs out of room.</summary>
    public void StopReading() => _isStopped = true;

    /// <summary>Reads again, at once what waits.</summary>
    public void ResumeReading()
    {
        _isStopped = false;
        MemoryNetwork.OffLoop(Drain);
    }

    void IEndOwner.OnArrived()
    {
        if (!_isStalled && _network.Draw(_network.Faults.Stall))
        {
            _isStalled = true;
            _network.Trace.Add("stall", Connection);
            TimeSpan end = _network.Time.Elapsed + _network.Random.NextTime(_network.Faults.LongestStall);
            _network.Schedule(end, EndStall);
        }
        MemoryNetwork.OffLoop(Drain);
    }

    void IEndOwner.OnRoom() => Pump();

    private void EndStall()
    {
        _isStalled = false;
        Drain();
    }

    private void Drain()
    {
        if (_isDraining)
            return; // reading made room, the server's pending write used it: the loop below goes on with that
        _isDraining = true;
        bool told = _end.FinArrived || _end.IsReset;
        Span<byte> piece = stackalloc byte[4096];
        while (!IsReadingStopped && !_end.IsClosed && _end.Read(piece) is > 0 and int count)
        {
            _received.Add(piece[..count]);
            told = true;
        }
        _isDraining = false;
        if (told)
            Arrived?.Invoke(this);
    }

    private void Pump()
    {
        while (_unsent.Count > 0 && _end.Append(_unsent.First(_unsent.Count)) is > 0 and int count)
        {
            _unsent.Drop(count);
            _end.Ship(count);
        }
        if (_end.IsReset)
            _unsent.Clear();
        if (_finWanted && _unsent.Count == 0 && !_end.IsClosed)
            _end.SendFin();
    }
}
