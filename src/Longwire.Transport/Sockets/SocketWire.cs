using System.Net.Sockets;
using Longwire.Primitives;

namespace Longwire.Transport.Sockets;

/// <summary>A connection on a framework socket.</summary>
/// <remarks>
/// Owner, concurrency, bound: see <see cref="Wire"/>. Readability is awaited with a receive of zero bytes, which holds
/// no buffer. Writability cannot be awaited (a zero-byte send on a full socket completes at once), so a write
/// that does not fit hands its segments to one asynchronous send and is <see cref="IoStatus.Pending"/> until it is
/// done.
/// </remarks>
internal sealed class SocketWire : Wire
{
    // The framework keeps 8 on its stack; for more it allocates two arrays a call (SocketPal, IovStackThreshold).
    private const int MaxSegments = 8;

    private const int TcpLevel = 6; // IPPROTO_TCP, and two names of Linux: TCP_INFO, TCP_CLOSE
    private const int TcpInfo = 11;
    private const int TcpClose = 7;

    private readonly Socket _socket;
    private readonly Completion _receive;
    private Completion? _send;
    private SocketError _lost; // what the waiting receive was told: the system tells it once, and then only "the end"
    private List<ArraySegment<byte>>? _segments;
    private IoResult _completed;
    private bool _hasCompleted;

    internal SocketWire(Socket socket)
    {
        _socket = socket;
        socket.Blocking = false;
        Remote = PeerAddress.From(socket.RemoteEndPoint);
        _receive = new Completion(this, static wire => wire.OnReceived());
    }

    public override IoResult Read(Span<byte> buffer)
    {
        if (IsClosed)
            return IoResult.Failure(TransportError.Closed);
        int count = _socket.Receive(buffer, SocketFlags.None, out SocketError error);
        if (error == SocketError.Success && count == buffer.Length)
            return IoResult.Moved(count);
        IsReadable = false;
        if (error is SocketError.Success && count == 0)
        {
            if (_lost is SocketError.Success && HasPendingWrite && IsConnectionGone())
                _lost = SocketError.ConnectionReset; // the send that is pending has taken the error, and tells it later
            return _lost is SocketError.Success
                ? IoResult.Of(IoStatus.EndOfStream)
                : IoResult.Failure(TransportErrors.From(_lost));
        }
        if (error is not SocketError.Success and not SocketError.WouldBlock)
            return IoResult.Failure(TransportErrors.From(error));
        AwaitReadable();
        return error == SocketError.Success ? IoResult.Moved(count) : IoResult.Of(IoStatus.WouldBlock);
    }

    public override IoResult Write(ReadOnlySpan<Segment> segments)
    {
        if (IsClosed)
            return IoResult.Failure(TransportError.Closed);
        int count;
        SocketError error;
        if (segments.Length == 1)
        {
            count = _socket.Send(segments[0].Span, SocketFlags.None, out error);
        }
        else
        {
            List<ArraySegment<byte>> list = Gather(segments);
            count = _socket.Send(list, SocketFlags.None, out error);
            list.Clear();
        }
        if (error == SocketError.WouldBlock)
            return SendLater(segments);
        if (error == SocketError.Success)
            return IoResult.Moved(count);
        IsWritable = false;
        return IoResult.Failure(TransportErrors.From(error));
    }

    public override bool TakeCompleted(out IoResult result)
    {
        result = _completed;
        if (!_hasCompleted)
            return false;
        _hasCompleted = HasPendingWrite = false;
        IsWritable = !IsClosed;
        return true;
    }

    public override void ShutdownWrite()
    {
        // The peer was faster and reset the connection: the next read says so.
        if (!IsClosed && !Shutdown())
            IsReadable = true;
    }

    public override void Close(CloseMode mode)
    {
        if (IsClosed)
            return;
        IsClosed = true;
        IsReadable = IsWritable = false;
        // What is in flight completes with "aborted"; a pending send is reported then, and its segments are free.
        if (mode == CloseMode.Abort)
        {
            _socket.Close(timeout: 0); // RST at once; a plain close could send FIN first
        }
        else
        {
            // Without it the framework resets the connection, because our zero-byte receive is in flight and
            // cancelled.
            Shutdown();
            _socket.Dispose();
        }
        if (!_receive.InFlight)
            _receive.Args.Dispose();
        if (!HasPendingWrite || _hasCompleted)
            _send?.Args.Dispose();
    }

    /// <summary>
    /// Tells a reset from a FIN when both read as the end: before our own FIN only a reset leads to TCP_CLOSE.
    /// </summary>
    private bool IsConnectionGone()
    {
        if (!OperatingSystem.IsLinux() || !Remote.IsIP)
            return false;
        Span<byte> state = stackalloc byte[1]; // tcpi_state
        return _socket.GetRawSocketOption(TcpLevel, TcpInfo, state) == 1 && state[0] == TcpClose;
    }

    public override bool TryGetStatistics(out TcpStatistics statistics)
    {
        statistics = default;
        if (IsClosed || !OperatingSystem.IsLinux())
            return false;
        Span<byte> info = stackalloc byte[TcpStatistics.LinuxStructBytes];
        try
        {
            int length = _socket.GetRawSocketOption(TcpLevel, TcpInfo, info);
            return TcpStatistics.TryParseLinux(info[..length], out statistics);
        }
        catch (SocketException)
        {
            return false; // a Unix socket, or one that was just reset
        }
    }

    internal void AwaitReadable()
    {
        if (_receive.InFlight || IsClosed)
            return;
        _receive.InFlight = true;
        if (!_socket.ReceiveAsync(_receive.Args))
            Loop!.Post(_receive); // completed at once: by the inbox all the same, so that nothing recurses
    }

    private bool Shutdown()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
            return true;
        }
        catch (SocketException)
        {
            return false; // reset by the peer: there is nobody to tell
        }
    }

    private void OnReceived()
    {
        _receive.InFlight = false;
        if (IsClosed)
        {
            _receive.Args.Dispose();
            return;
        }
        if (_receive.Args.SocketError != SocketError.Success)
            _lost = _receive.Args.SocketError;
        IsReadable = true; // bytes, the end, or an error: the read tells
        Loop!.MarkReady(this);
    }

    private IoResult SendLater(ReadOnlySpan<Segment> segments)
    {
        _send ??= new Completion(this, static wire => wire.OnSent());
        List<ArraySegment<byte>> list = Gather(segments);
        int bytes = 0;
        foreach (ArraySegment<byte> segment in list)
            bytes += segment.Count;
        _send.Args.BufferList = list;
        HasPendingWrite = true;
        IsWritable = false;
        if (!_socket.SendAsync(_send.Args))
            Loop!.Post(_send);
        return IoResult.Pended(bytes);
    }

    private void OnSent()
    {
        SocketAsyncEventArgs args = _send!.Args;
        _completed = args.SocketError == SocketError.Success
            ? IoResult.Moved(args.BytesTransferred)
            : IoResult.Failure(TransportErrors.From(args.SocketError));
        _hasCompleted = true;
        if (IsClosed)
        {
            args.Dispose();
            _send = null;
        }
        else
        {
            args.BufferList = null;
        }
        // The write stays pending until its result is taken, so that a close in between still leads to one report.
        Loop!.MarkReady(this);
    }

    private List<ArraySegment<byte>> Gather(ReadOnlySpan<Segment> segments)
    {
        _segments ??= new List<ArraySegment<byte>>(4);
        _segments.Clear();
        for (int i = 0; i < Math.Min(segments.Length, MaxSegments); i++)
            _segments.Add(segments[i].AsArraySegment());
        return _segments;
    }

    /// <summary>One reusable asynchronous operation, and the work that brings its end to the loop.</summary>
    private sealed class Completion : LoopWork
    {
        private readonly SocketWire _wire;
        private readonly Action<SocketWire> _onCompleted;

        internal Completion(SocketWire wire, Action<SocketWire> onCompleted)
        {
            _wire = wire;
            _onCompleted = onCompleted;
            Args.Completed += (_, _) => _wire.Loop!.Post(this);
        }

        internal SocketAsyncEventArgs Args { get; } = new(true);

        internal bool InFlight { get; set; }

        protected internal override void Run() => _onCompleted(_wire);
    }
}
