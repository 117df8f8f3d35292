using Longwire.Transport;

namespace Longwire;

/// <summary>Decides at the door: connections in total and per address.</summary>
/// <remarks>
/// Owner: the server. Concurrency: accepts and ends come from any loop; one short lock. Bound: one entry per address
/// that is connected now.
/// </remarks>
internal sealed class Admission(ServerLimits limits)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<PeerAddress, int> _byAddress = [];
    private int _total;

    internal int Connections => Volatile.Read(ref _total);

    /// <summary>
    /// <see cref="CloseReason.None"/> when the peer may come in; it then leaves by <see cref="Leave"/>.
    /// </summary>
    internal CloseReason TryEnter(PeerAddress peer)
    {
        PeerAddress address = peer.WithoutPort();
        lock (_gate)
        {
            if (_total >= limits.MaxConnections)
                return CloseReason.TooManyConnections;
            int count = _byAddress.GetValueOrDefault(address);
            if (address.IsIP && count >= limits.MaxConnectionsPerAddress)
                return CloseReason.TooManyFromAddress;
            _byAddress[address] = count + 1;
            _total++;
            return CloseReason.None;
        }
    }

    /// <summary>
    /// Counts a connection that came in with an unknown address as the client's that it turned out to be; when the
    /// client may not come in, nothing changes.
    /// </summary>
    internal CloseReason TryName(PeerAddress client)
    {
        PeerAddress address = client.WithoutPort();
        lock (_gate)
        {
            int count = _byAddress.GetValueOrDefault(address);
            if (address.IsIP && count >= limits.MaxConnectionsPerAddress)
                return CloseReason.TooManyFromAddress;
            _byAddress[address] = count + 1;
            Forget(default);
            return CloseReason.None;
        }
    }

    internal void Leave(PeerAddress peer)
    {
        lock (_gate)
        {
            _total--;
            Forget(peer.WithoutPort());
        }
    }

    private void Forget(PeerAddress address)
    {
        if (!_byAddress.TryGetValue(address, out int count))
            return; // it came in by another name
        if (count == 1)
            _byAddress.Remove(address);
        else
            _byAddress[address] = count - 1;
    }
}
