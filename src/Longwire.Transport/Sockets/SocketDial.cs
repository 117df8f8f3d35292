using System.Net;
using System.Net.Sockets;
using Longwire.Primitives;

namespace Longwire.Transport.Sockets;

/// <summary>A connect in progress on a framework socket.</summary>
/// <remarks>
/// Owner: itself, until it has told its handler once. Concurrency: the loop. Bound: <see
/// cref="DialOptions.Timeout"/>.
/// </remarks>
internal sealed class SocketDial : TimedWork
{
    private readonly Loop _loop;
    private readonly IDialHandler _handler;
    private Socket? _socket;
    private readonly SocketAsyncEventArgs _args = new(true);
    private bool _timedOut;

    private SocketDial(Loop loop, IDialHandler handler)
    {
        _loop = loop;
        _handler = handler;
        _args.Completed += (_, _) => _loop.Post(this);
    }

    protected internal override void Run()
    {
        _loop.Wheel.Disarm(this);
        SocketError error = _args.SocketError;
        _args.Dispose();
        SocketWire? wire = null;
        TransportError failure = _timedOut ? TransportError.TimedOut : TransportErrors.From(error);
        if (failure == TransportError.None)
        {
            try
            {
                wire = new SocketWire(_socket!) { Loop = _loop };
            }
            catch (SocketException)
            {
                failure = TransportError.Reset; // connected, and gone before we could look at it
            }
        }
        if (wire is null)
            _socket?.Dispose();
        _handler.OnDialled(wire, failure);
    }

    /// <summary>
    /// Ends the attempt; its completion then reports the outcome, so the handler is told exactly once.
    /// </summary>
    protected internal override void OnTimer(long tick)
    {
        _timedOut = true;
        Socket.CancelConnectAsync(_args);
        _socket!.Dispose();
    }

    internal static void Begin(Loop loop, EndPoint target, DialOptions options, IDialHandler handler)
    {
        bool unix = target is UnixDomainSocketEndPoint;
        var dial = new SocketDial(loop, handler);
        try
        {
            var socket = new Socket(
                target.AddressFamily, SocketType.Stream, unix ? ProtocolType.IP : ProtocolType.Tcp);
            dial._socket = socket;
            if (!unix)
                SocketTuning.Apply(socket, options.Tcp);
            if (options.Local is not null)
                socket.Bind(options.Local);
            dial._args.RemoteEndPoint = target;
            loop.Wheel.Arm(dial, loop.NowTick + Loop.ToTicks(options.Timeout));
            if (!socket.ConnectAsync(dial._args))
                loop.Post(dial);
        }
        catch (SocketException exception)
        {
            dial._args.SocketError = exception.SocketErrorCode;
            loop.Post(dial);
        }
    }
}
