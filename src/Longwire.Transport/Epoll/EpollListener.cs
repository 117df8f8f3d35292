using System.Net.Sockets;
using System.Runtime.Versioning;

namespace Longwire.Transport.Epoll;

/// <summary>Accepts on a raw listening descriptor.</summary>
/// <remarks>
/// Owner, concurrency, bound: see <see cref="Listener"/>. It keeps one descriptor in reserve: when none is left, the
/// reserve is given up for a moment to take the waiting connection and reset it, so that the peer learns at once and
/// the
/// backlog does not fill with the dead.
/// </remarks>
[SupportedOSPlatform("linux")]
internal sealed unsafe class EpollListener : Listener, IEpollTarget
{
    private readonly EpollPoller _poller;
    private readonly int _descriptor;
    private int _reserve;

    internal EpollListener(EpollPoller poller, Socket socket, IAcceptHandler handler)
        : base(poller.Loop, socket, handler)
    {
        _poller = poller;
        _descriptor = (int)socket.Handle;
        _reserve = OpenReserve();
    }

    internal int Slot { get; set; } = -1;

    public void OnEvents(uint events) => Loop.Post(this);

    /// <summary>
    /// A batch of accepts; edge-triggered, so it goes on in a later tick until the system says "none left".
    /// </summary>
    protected internal override void Run()
    {
        for (int i = 0; i < AcceptsPerTick; i++)
        {
            if (IsStopped)
                return;
            TransportError error = AcceptOne(out EpollWire? wire);
            bool shed = false;
            if (error == TransportError.DescriptorsExhausted && _reserve >= 0)
                error = ShedOne(out shed);
            if (wire is not null)
                Take(wire);
            else if (shed)
                CountShed();
            else if (error == TransportError.None || !Recover(error))
                break;
            if (i == AcceptsPerTick - 1)
                Loop.Post(this);
        }
        if (_reserve < 0 && !IsStopped)
            _reserve = OpenReserve();
    }

    private protected override void OnStopping()
    {
        _poller.Unregister(Slot, _descriptor);
        CloseReserve();
    }

    /// <summary>A wire, or null with the error; null with no error when nobody waits.</summary>
    private TransportError AcceptOne(out EpollWire? wire)
    {
        const int AddressBytes = 128; // sizeof(sockaddr_storage)
        byte* address = stackalloc byte[AddressBytes];
        while (true)
        {
            int length = AddressBytes;
            int accepted = Native.accept4(_descriptor, address, &length, Native.SOCK_NONBLOCK | Native.SOCK_CLOEXEC);
            if (accepted >= 0)
            {
                int known = Math.Clamp(length, 0, AddressBytes);
                wire = new EpollWire(accepted, PeerAddress.FromLinux(new ReadOnlySpan<byte>(address, known)));
                return TransportError.None;
            }
            int error = Native.LastError;
            if (error == Native.EINTR)
                continue;
            wire = null;
            return error == Native.EAGAIN ? TransportError.None : Native.ToError(error);
        }
    }

    /// <summary>Resets the first waiting connection. The error "none" without one: nobody waited, the kernel only
    /// looks
    /// for a descriptor before it looks at the queue.</summary>
    private TransportError ShedOne(out bool shed)
    {
        CloseReserve();
        TransportError error = AcceptOne(out EpollWire? wire);
        shed = wire is not null;
        wire?.Close(CloseMode.Abort);
        _reserve = OpenReserve(); // another thread may have been faster: then the next batch tries again
        return error;
    }

    private void CloseReserve()
    {
        if (_reserve >= 0)
            _ = Native.close(_reserve);
        _reserve = -1;
    }

    private static int OpenReserve()
    {
        fixed (byte* path = "/dev/null\0"u8)
            return Native.open(path, Native.O_CLOEXEC);
    }
}
