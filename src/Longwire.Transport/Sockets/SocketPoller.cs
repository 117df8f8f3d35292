using System.Net;
using System.Net.Sockets;

namespace Longwire.Transport.Sockets;

/// <summary>The framework's sockets: completion ports on Windows, and the portable way elsewhere.</summary>
/// <remarks>
/// Owner: its loop. Concurrency: the loop's thread; completions arrive on the framework's threads and are posted to
/// the
/// loop's inbox, so they never recurse. Bound: one receive and one send in flight per wire.
/// </remarks>
public sealed class SocketPoller : Poller
{
    private readonly AutoResetEvent _wake = new(false);

    /// <inheritdoc/>
    public override string Name => "socket";

    /// <inheritdoc/>
    protected internal override void Add(Wire wire) => ((SocketWire)wire).AwaitReadable();

    /// <inheritdoc/>
    protected internal override void Wait(int timeout)
    {
        if (timeout != 0)
            _wake.WaitOne(timeout);
    }

    /// <inheritdoc/>
    protected internal override void Wake() => _wake.Set();

    /// <inheritdoc/>
    protected internal override Listener Listen(Socket socket, IAcceptHandler handler)
    {
        var listener = new SocketListener(Loop, socket, handler);
        Loop.Post(listener);
        return listener;
    }

    /// <inheritdoc/>
    protected internal override void Dial(EndPoint target, DialOptions options, IDialHandler handler) =>
        SocketDial.Begin(Loop, target, options, handler);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _wake.Dispose();
}
