using System.Net;
using Longwire.Transport;

namespace Longwire;

/// <summary>Who may say that a connection is somebody else's: networks, and the peers of Unix sockets.</summary>
internal sealed class TrustedProxies
{
    private readonly List<IPNetwork> _networks = [];
    private bool _includesUnix;

    private TrustedProxies()
    {
    }

    /// <summary>Reads a list of addresses, networks and <c>unix</c>.</summary>
    /// <exception cref="ArgumentException">One is none of these, or there is none.</exception>
    internal static TrustedProxies Parse(string endpoint, IReadOnlyCollection<string> trusted)
    {
        if (trusted.Count == 0)
            throw new ArgumentException($"Endpoint {endpoint}: UseProxyProtocol needs at least one trusted proxy.");
        var proxies = new TrustedProxies();
        foreach (string text in trusted)
        {
            if (text == "unix")
                proxies._includesUnix = true;
            else if (IPNetwork.TryParse(text, out IPNetwork network))
                proxies._networks.Add(network);
            else if (IPAddress.TryParse(text, out IPAddress? address))
                proxies._networks.Add(new IPNetwork(address, 8 * address.GetAddressBytes().Length));
            else
                throw new ArgumentException(
                    $"Endpoint {endpoint}: UseProxyProtocol: '{text}' is no address, no network (10.0.0.0/8), "
                    + "and not 'unix'.");
        }
        return proxies;
    }

    internal bool Contains(PeerAddress peer)
    {
        if (!peer.IsIP)
            return _includesUnix && peer != default;
        IPAddress address = ((IPEndPoint)peer.ToEndPoint()).Address;
        return _networks.Exists(network => network.Contains(address));
    }
}
