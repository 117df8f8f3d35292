using System.Net;
using Longwire.Transport;

namespace Longwire;

/// <summary>Who may say that a connection is somebody else's: networks, and the peers of Unix sockets.</summary>
internal sealed class TrustedProxies
{
    private const int MappedBits = 96; // before the IPv4 address (RFC 4291 §2.5.5.2)

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
            else if (TryParseNetwork(text, out IPNetwork network))
                proxies._networks.Add(network);
            else
                throw new ArgumentException(
                    $"Endpoint {endpoint}: UseProxyProtocol: '{text}' is no address, no network (10.0.0.0/8), "
                    + "and not 'unix'.");
        }
        return proxies;
    }

    /// <summary>
    /// Reads an address or a network; IPv4 written as IPv6 (<c>::ffff:10.0.0.0/104</c>) becomes what <see
    /// cref="PeerAddress"/> makes of such peers.
    /// </summary>
    private static bool TryParseNetwork(string text, out IPNetwork network)
    {
        network = default;
        if (!text.Contains(':') && text.AsSpan().Count('.') != 3)
            return false; // 10 would be 0.0.0.10
        if (!IPNetwork.TryParse(text, out network))
        {
            if (!IPAddress.TryParse(text, out IPAddress? address))
                return false;
            network = new IPNetwork(address, 8 * address.GetAddressBytes().Length);
        }
        if (!network.BaseAddress.IsIPv4MappedToIPv6)
            return true;
        if (network.PrefixLength < MappedBits)
            return false;
        network = new IPNetwork(network.BaseAddress.MapToIPv4(), network.PrefixLength - MappedBits);
        return true;
    }

    internal bool Contains(PeerAddress peer)
    {
        if (!peer.IsIP)
            return _includesUnix && peer != default;
        IPAddress address = ((IPEndPoint)peer.ToEndPoint()).Address;
        return _networks.Exists(network => network.Contains(address));
    }
}
