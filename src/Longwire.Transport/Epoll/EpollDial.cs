using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using Longwire.Primitives;

namespace Longwire.Transport.Epoll;

/// <summary>A connect in progress.</summary>
/// <remarks>
/// Owner: itself, until it has told its handler once. Concurrency: the loop. Bound: <see
/// cref="DialOptions.Timeout"/>.
/// </remarks>
[SupportedOSPlatform("linux")]
internal sealed unsafe class EpollDial : TimedWork, IEpollTarget
{
    private readonly EpollPoller _poller;
    private readonly IDialHandler _handler;
    private readonly PeerAddress _target;
    private readonly int _descriptor;
    private TransportError _failure;
    private EpollWire? _wire;
    private int _slot = -1;

    private EpollDial(EpollPoller poller, int descriptor, PeerAddress target, IDialHandler handler)
    {
        _poller = poller;
        _descriptor = descriptor;
        _target = target;
        _handler = handler;
    }

    /// <summary>Notes the outcome; posted, because the poller calls no handler itself.</summary>
    public void OnEvents(uint events)
    {
        int error;
        int length = sizeof(int);
        if (Native.getsockopt(_descriptor, Native.SOL_SOCKET, Native.SO_ERROR, &error, &length) != 0)
            error = Native.LastError;
        _poller.Loop.Wheel.Disarm(this);
        _poller.Loop.Post(this);
        if (error != 0)
        {
            _failure = Native.ToError(error);
            Forget();
            return;
        }
        // From here on events are the wire's; this one may have brought the peer's first bytes as well, and an edge is
        // told once.
        _wire = new EpollWire(_descriptor, _target) { Slot = _slot, Loop = _poller.Loop };
        _poller.Redirect(_slot, _wire);
        _wire.OnEvents(events);
    }

    protected internal override void OnTimer(long tick)
    {
        _failure = TransportError.TimedOut;
        Run();
    }

    protected internal override void Run()
    {
        if (_wire is not null)
        {
            _handler.OnDialled(_wire, TransportError.None);
            return;
        }
        Forget();
        if (_descriptor >= 0)
            _ = Native.close(_descriptor);
        _handler.OnDialled(null, _failure);
    }

    internal static void Begin(EpollPoller poller, EndPoint target, DialOptions options, IDialHandler handler)
    {
        int family = target.AddressFamily switch
        {
            AddressFamily.InterNetwork => Native.AF_INET,
            AddressFamily.InterNetworkV6 => Native.AF_INET6,
            _ => Native.AF_UNIX,
        };
        int descriptor = Native.socket(
            family, Native.SOCK_STREAM | Native.SOCK_NONBLOCK | Native.SOCK_CLOEXEC, 0);
        var dial = new EpollDial(poller, descriptor, PeerAddress.From(target), handler);
        int error = descriptor < 0 ? Native.LastError : dial.Connect(target, options, family);
        if (error != 0)
        {
            dial._failure = Native.ToError(error);
            poller.Loop.Post(dial);
            return;
        }
        try
        {
            dial._slot = poller.Register(descriptor, dial);
        }
        catch (InvalidOperationException)
        {
            dial._failure = TransportError.OutOfMemory; // fs.epoll.max_user_watches, or memory (epoll_ctl(2))
            poller.Loop.Post(dial);
            return;
        }
        poller.Loop.Wheel.Arm(dial, poller.Loop.NowTick + Loop.ToTicks(options.Timeout));
    }

    private int Connect(EndPoint target, DialOptions options, int family)
    {
        if (family != Native.AF_UNIX)
            EpollTuning.Apply(_descriptor, options.Tcp);
        if (options.Local is { } local)
        {
            SocketAddress from = local.Serialize();
            fixed (byte* address = from.Buffer.Span)
            {
                if (Native.bind(_descriptor, address, from.Size) != 0)
                    return Native.LastError;
            }
        }
        SocketAddress to = target.Serialize();
        fixed (byte* address = to.Buffer.Span)
        {
            int result = Native.connect(_descriptor, address, to.Size);
            int error = result == 0 ? 0 : Native.LastError;
            // Interrupted or not, the connect goes on and ends with a writable event (connect(2), EINTR).
            return error is Native.EINPROGRESS or Native.EINTR ? 0 : error;
        }
    }

    private void Forget()
    {
        if (_slot >= 0)
            _poller.Forget(_slot);
        _slot = -1;
    }
}
