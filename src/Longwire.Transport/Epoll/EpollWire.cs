using System.Runtime.CompilerServices;
using System.Runtime.Versioning;

namespace Longwire.Transport.Epoll;

/// <summary>A connection on a raw descriptor.</summary>
/// <remarks>
/// Owner, concurrency, bound: see <see cref="Wire"/>. Writes complete at once; nothing is ever pending.
/// </remarks>
[SupportedOSPlatform("linux")]
internal sealed unsafe class EpollWire : Wire, IEpollTarget
{
    private const int MaxSegments = 64;

    internal readonly int Descriptor;
    internal int Slot = -1;

    internal EpollWire(int descriptor, PeerAddress remote)
    {
        Descriptor = descriptor;
        Remote = remote;
    }

    public void OnEvents(uint events)
    {
        // A receive also stops short at the mark of urgent data, with more behind it: telnet's Synch, or a hostile
        // peer.
        if ((events & (Native.EPOLLRDHUP | Native.EPOLLHUP | Native.EPOLLERR | Native.EPOLLPRI)) != 0)
            MoreBehindShortRead = true;
        if ((events & ~Native.EPOLLOUT) != 0)
            IsReadable = true;
        if ((events & (Native.EPOLLOUT | Native.EPOLLERR | Native.EPOLLHUP)) != 0)
            IsWritable = true;
        Loop!.MarkReady(this);
    }

    public override IoResult Read(Span<byte> buffer)
    {
        if (IsClosed)
            return IoResult.Failure(TransportError.Closed);
        fixed (byte* start = buffer)
        {
            while (true)
            {
                nint count = Native.recv(Descriptor, start, buffer.Length, 0);
                if (count > 0)
                {
                    // A short read emptied the socket (epoll(7), question 9), unless an event said otherwise.
                    IsReadable = count == buffer.Length || MoreBehindShortRead;
                    return IoResult.Moved((int)count);
                }
                if (count == 0)
                {
                    IsReadable = false;
                    return IoResult.Of(IoStatus.EndOfStream);
                }
                int error = Native.LastError;
                if (error == Native.EINTR)
                    continue;
                IsReadable = MoreBehindShortRead = false;
                return error == Native.EAGAIN
                    ? IoResult.Of(IoStatus.WouldBlock)
                    : IoResult.Failure(Native.ToError(error));
            }
        }
    }

    public override IoResult Write(ReadOnlySpan<Segment> segments)
    {
        if (segments.Length == 1)
            return SendOne(segments[0].Address, segments[0].Length);
        if (IsClosed)
            return IoResult.Failure(TransportError.Closed);
        IoResult result;
        while (!TryTell(SendMany(segments, out int wanted), wanted, out result))
        {
        }
        return result;
    }

    internal override IoResult WriteNow(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
            return SendOne((nint)start, bytes.Length);
    }

    public override void ShutdownWrite()
    {
        // ENOTCONN after a reset: the next read says so.
        if (!IsClosed)
            _ = Native.shutdown(Descriptor, Native.SHUT_WR);
    }

    public override void Close(CloseMode mode)
    {
        if (IsClosed)
            return;
        IsClosed = true;
        IsReadable = IsWritable = false;
        if (mode == CloseMode.Abort)
        {
            var linger = new Native.Linger { OnOff = 1, Seconds = 0 };
            _ = Native.setsockopt(Descriptor, Native.SOL_SOCKET, Native.SO_LINGER, &linger, sizeof(Native.Linger));
        }
        if (Slot >= 0)
            ((EpollPoller)Loop!.Poller).Forget(Slot);
        // Never retried: on Linux the descriptor is gone even after EINTR, and may be somebody else's by now
        // (close(2)).
        _ = Native.close(Descriptor);
    }

    public override bool TryGetStatistics(out TcpStatistics statistics)
    {
        statistics = default;
        if (IsClosed)
            return false;
        byte* info = stackalloc byte[TcpStatistics.LinuxStructBytes];
        int length = TcpStatistics.LinuxStructBytes;
        return Native.getsockopt(Descriptor, Native.IPPROTO_TCP, Native.TCP_INFO, info, &length) == 0
            && TcpStatistics.TryParseLinux(new ReadOnlySpan<byte>(info, length), out statistics);
    }

    private IoResult SendOne(nint address, int length)
    {
        if (IsClosed)
            return IoResult.Failure(TransportError.Closed);
        IoResult result;
        while (!TryTell(Native.send(Descriptor, (void*)address, length, Native.MSG_NOSIGNAL), length, out result))
        {
        }
        return result;
    }

    /// <summary>What a send's outcome means; false when it was interrupted and is to be repeated.</summary>
    private bool TryTell(nint count, int wanted, out IoResult result)
    {
        if (count >= 0)
        {
            // A short count means that the socket is full; the kernel tells when it has room (SOCK_NOSPACE).
            if (count < wanted)
                IsWritable = false;
            result = IoResult.Moved((int)count);
            return true;
        }
        int error = Native.LastError;
        if (error == Native.EINTR)
        {
            result = default;
            return false;
        }
        IsWritable = false;
        result = error == Native.EAGAIN
            ? IoResult.Of(IoStatus.WouldBlock)
            : IoResult.Failure(Native.ToError(error));
        return true;
    }

    [SkipLocalsInit] // only the vectors that are filled are read
    private nint SendMany(ReadOnlySpan<Segment> segments, out int wanted)
    {
        int count = Math.Min(segments.Length, MaxSegments);
        Native.IoVector* vectors = stackalloc Native.IoVector[MaxSegments];
        wanted = 0;
        for (int i = 0; i < count; i++)
        {
            int length = segments[i].Length;
            vectors[i] = new Native.IoVector { Address = segments[i].Address, Length = length };
            wanted += length;
        }
        var message = new Native.MessageHeader { Vectors = vectors, VectorCount = count };
        return Native.sendmsg(Descriptor, &message, Native.MSG_NOSIGNAL);
    }
}
