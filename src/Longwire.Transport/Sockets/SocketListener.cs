using System.Net.Sockets;
using Longwire.Primitives;

namespace Longwire.Transport.Sockets;

/// <summary>Accepts on a framework socket, one accept in flight.</summary>
/// <remarks>Owner, concurrency, bound: see <see cref="Listener"/>.</remarks>
internal sealed class SocketListener : Listener
{
    private readonly SocketAsyncEventArgs _args = new(true);
    private bool _inFlight;
    private volatile bool _arrived;

    internal SocketListener(Loop loop, Socket socket, IAcceptHandler handler)
        : base(loop, socket, handler)
    {
        _args.Completed += (_, _) =>
        {
            _arrived = true;
            Loop.Post(this);
        };
    }

    /// <summary>
    /// Takes what arrived and begins the next accept, in a loop: one that completes at once does not recurse.
    /// </summary>
    protected internal override void Run()
    {
        for (int i = 0; i < AcceptsPerTick; i++)
        {
            if (_inFlight)
            {
                if (!_arrived)
                    return;
                _inFlight = _arrived = false;
                if (!Complete() && !IsStopped)
                    return;
            }
            if (IsStopped)
            {
                _args.Dispose();
                return;
            }
            _args.AcceptSocket = null;
            _inFlight = true;
            if (Socket.AcceptAsync(_args))
                return;
            _arrived = true;
        }
        Loop.Post(this);
    }

    private protected override void OnStopping()
    {
        if (!_inFlight)
            Loop.Post(this); // to dispose the arguments; an accept in flight ends with "aborted" and comes by itself
    }

    private bool Complete()
    {
        if (_args.SocketError != SocketError.Success)
            return Recover(TransportErrors.From(_args.SocketError));
        Socket accepted = _args.AcceptSocket!;
        if (IsStopped)
        {
            accepted.Dispose();
            return true;
        }
        SocketWire wire;
        try
        {
            if (!OperatingSystem.IsLinux() && accepted.AddressFamily != AddressFamily.Unix)
                SocketTuning.Apply(accepted, TcpOptions.Default);
            wire = new SocketWire(accepted);
        }
        catch (SocketException)
        {
            accepted.Dispose(); // the peer was gone before we could look at it: its affair, no reason to back off
            return Recover(TransportError.AbortedBeforeAccept);
        }
        Take(wire);
        return true;
    }
}
