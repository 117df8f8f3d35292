using System.Net;
using System.Net.Sockets;
using Longwire.Transport.Epoll;
using Longwire.Transport.Layers;
using Longwire.Transport.Sockets;

namespace Longwire.Transport;

/// <summary>What waits for the operating system on behalf of one loop.</summary>
/// <remarks>
/// Owner: its loop, which disposes it. Concurrency: the loop's thread, but for <see cref="Wake"/>. Bound: one entry
/// per
/// wire. It tells the loop through <see cref="Loop.MarkReady"/>; it never calls a handler itself.
/// </remarks>
public abstract class Poller : IDisposable
{
    private bool _disposed;

    private protected Poller()
    {
    }

    /// <summary>A poller for this system: epoll on Linux x64, the framework's sockets elsewhere.</summary>
    public static Poller ForThisSystem() => EpollPoller.IsSupported ? new EpollPoller() : new SocketPoller();

    /// <summary>The loop that it serves.</summary>
    protected internal Loop Loop { get; internal set; } = null!;

    /// <summary>A name for logs: <c>epoll</c> or <c>socket</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Begins to watch a wire.</summary>
    protected internal abstract void Add(Wire wire);

    /// <summary>
    /// Waits for events, at most <paramref name="timeout"/> milliseconds; -1 is without end, 0 looks only.
    /// </summary>
    protected internal abstract void Wait(int timeout);

    /// <summary>Ends a wait, from any thread.</summary>
    protected internal abstract void Wake();

    /// <summary>Begins to accept on a bound socket, which the listener then owns.</summary>
    protected internal abstract Listener Listen(Socket socket, IAcceptHandler handler);

    /// <summary>Binds an address and begins to accept on it; a poller without sockets has its own way.</summary>
    protected internal virtual Listener Listen(ListenAddress address, ListenOptions options, IAcceptHandler handler)
    {
        ArgumentNullException.ThrowIfNull(address);
        return Listen(address.Bind(options), handler);
    }

    /// <summary>Begins to connect; the handler is told the outcome on this loop, later, exactly once.</summary>
    protected internal abstract void Dial(EndPoint target, DialOptions options, IDialHandler handler);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed)
            return; // a second close could hit a descriptor that is somebody else's by now
        _disposed = true;
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases the poller's own descriptors; its wires are closed by then.</summary>
    protected abstract void Dispose(bool disposing);
}

/// <summary>How to connect.</summary>
public sealed record DialOptions
{
    /// <summary>
    /// The time after which the attempt fails with <see cref="TransportError.TimedOut"/>. Default: 10 s.
    /// </summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Socket options of the connection.</summary>
    public TcpOptions Tcp { get; init; } = TcpOptions.Default;

    /// <summary>
    /// What lies between the socket and the protocol, from the socket upwards; they are open when the handler is told,
    /// within the same time. Default: nothing.
    /// </summary>
    public IReadOnlyList<Layer> Layers { get; init; } = [];

    /// <summary>
    /// Limits the handshakes that compute at one time. Default: one for the process, with as many as there are cores.
    /// </summary>
    public HandshakeGate HandshakeGate { get; init; } = HandshakeGate.Shared;

    /// <summary>The local address to bind to, or null for the system's choice.</summary>
    public IPEndPoint? Local { get; init; }
}

/// <summary>Told on the loop how a dial ended.</summary>
public interface IDialHandler
{
    /// <summary>
    /// A connected wire that the handler must <see cref="Loop.Add"/> or close; or null and the error.
    /// </summary>
    void OnDialled(Wire? wire, TransportError error);
}
