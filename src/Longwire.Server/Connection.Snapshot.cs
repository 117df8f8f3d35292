using Longwire.Primitives;
using Longwire.Transport;

namespace Longwire;

public abstract partial class Connection
{
    /// <summary>The topics of the connection's server.</summary>
    public Hub Hub => _host.Server.Hub;

    /// <summary>The state of this moment; on the loop.</summary>
    internal ConnectionSnapshot Snapshot()
    {
        long now = _host.Loop.NowTick;
        return new ConnectionSnapshot
        {
            Id = Id,
            Remote = Remote,
            User = User,
            Endpoint = _endpoint.Address.ToString(),
            Age = (now - _connectedTick) * TimerWheel.Tick,
            Idle = (now - _lastReceived) * TimerWheel.Tick,
            Subscriptions = _subscriptionCount,
            OutboxBytes = Volatile.Read(ref _reserved),
            OutboxAge = _blockedSince == NotBlocked ? TimeSpan.Zero : (now - _blockedSince) * TimerWheel.Tick,
            BytesReceived = _bytesReceived,
            BytesSent = _bytesSent,
            MessagesReceived = _messagesReceived,
            Conflated = _extras?.Conflated ?? 0,
            Dropped = _extras?.Dropped ?? 0,
            Tcp = _wire.TryGetStatistics(out TcpStatistics statistics) ? statistics : null,
        };
    }

    /// <summary>The last handler has ended.</summary>
    internal void Finished() => PartEnded();

    internal TcpServer Server => _host.Server;
}
