using System.Net;
using Longwire.Transport;

namespace Longwire.Testing;

/// <summary>
/// Accepts connections in memory; the batches and errors are those of the listener on a raw descriptor.
/// </summary>
/// <remarks>
/// Owner, concurrency: see <see cref="Listener"/>. Bound: the backlog; who comes when it is full is refused.
/// </remarks>
internal sealed class MemoryListener : Listener, IMemoryTarget
{
    private readonly MemoryNetwork _network;
    private readonly MemoryPoller _poller;
    private readonly Queue<(MemoryEnd End, PeerAddress Remote)> _backlog = new();
    private readonly int _capacity;

    private MemoryListener(
        MemoryNetwork network, MemoryPoller poller, EndPoint bound, int backlog, IAcceptHandler handler)
        : base(poller.ServedLoop!, bound, handler)
    {
        _network = network;
        _poller = poller;
        _capacity = backlog;
    }

    public bool IsSignalled { get; set; }

    internal bool HasRoom => _backlog.Count < _capacity;

    public void OnEvents() => Loop.Post(this);

    internal static MemoryListener Bind(
        MemoryNetwork network, MemoryPoller poller, EndPoint wanted, int backlog, IAcceptHandler handler)
    {
        EndPoint bound = network.Reserve(wanted);
        var listener = new MemoryListener(network, poller, bound, backlog, handler);
        network.Bind(listener);
        return listener;
    }

    /// <summary>A connection arrives. One that finds the listener gone or full is reset.</summary>
    internal void Offer(MemoryEnd end, PeerAddress remote)
    {
        if (IsStopped || !HasRoom)
        {
            end.Close(CloseMode.Abort);
            return;
        }
        _backlog.Enqueue((end, remote));
        _poller.Signal(this);
    }

    protected internal override void Run()
    {
        for (int i = 0; i < AcceptsPerTick; i++)
        {
            if (IsStopped || _backlog.Count == 0)
                return;
            if (_network.Draw(_network.Faults.AcceptError))
            {
                if (!Fail())
                    return;
                continue;
            }
            (MemoryEnd end, PeerAddress remote) = _backlog.Dequeue();
            _network.Trace.Add("accept", end.Connection);
            Take(_network.CreateWire(end, remote));
        }
        Loop.Post(this);
    }

    private protected override void OnStopping()
    {
        _network.Unbind(this);
        while (_backlog.TryDequeue(out (MemoryEnd End, PeerAddress Remote) waiting))
            waiting.End.Close(CloseMode.Abort);
    }

    private bool Fail()
    {
        TransportError error = _network.Faults.AcceptErrors[_network.Random.Next(_network.Faults.AcceptErrors.Length)];
        _network.Trace.Add("accept-error", (long)error);
        // These belong to the connection, or shed it (EMFILE); the other errors leave it waiting.
        if (error == TransportError.DescriptorsExhausted
            || TransportErrors.AcceptAction(error) == AcceptAction.Retry)
        {
            _backlog.Dequeue().End.Close(CloseMode.Abort);
        }
        return Recover(error);
    }
}
