using System.Net;
using Longwire.Hosting;
using Longwire.Service.Console;

namespace Longwire.Service.Hosting;

/// <summary>The line on standard output that says where an endpoint listens and what to do next.</summary>
internal static class Announcement
{
    /// <summary>For an endpoint and its bound address, such as <c>tcp://127.0.0.1:2323</c>.</summary>
    public static string For(EndpointSettings endpoint, string address)
    {
        string place = address.Replace("tcp://", "", StringComparison.Ordinal);
        string listening = $"Listening on {place}{(endpoint.Tls is null ? "" : " with TLS")}";
        return Client(endpoint, address, place) is { } client ? $"{listening} - try: {client}" : listening;
    }

    /// <summary>A command that works; null when none would.</summary>
    private static string? Client(EndpointSettings endpoint, string address, string place)
    {
        if (endpoint is not { Negotiate: null, Deflate: null, Proxies.Count: 0 })
            return null; // no client at hand speaks these
        bool isTls = endpoint.Tls is not null;
        if (endpoint.Protocol.Equals(LineConsole.Name, StringComparison.OrdinalIgnoreCase))
            return $"{(isTls ? OpenSsl(address, place) : Netcat(address, place))}, then type: watch host/cpu";
        return isTls ? null : $"longwire watch 'host/#' --server {Reachable(address, place)}";
    }

    private static string OpenSsl(string address, string place) => IPEndPoint.TryParse(place, out IPEndPoint? end)
        ? $"openssl s_client -quiet -connect {(IsEvery(end) ? $"localhost:{end.Port}" : place)}"
        : $"openssl s_client -quiet -unix {address.Replace("unix://", "", StringComparison.Ordinal)}";

    private static string Netcat(string address, string place)
    {
        if (!IPEndPoint.TryParse(place, out IPEndPoint? end))
            return $"nc -U {address.Replace("unix://", "", StringComparison.Ordinal)}";
        return $"nc {(IsEvery(end) ? "localhost" : end.Address)} {end.Port}";
    }

    /// <summary>The address as a client of this machine writes it.</summary>
    private static string Reachable(string address, string place) =>
        IPEndPoint.TryParse(place, out IPEndPoint? end) && IsEvery(end) ? $"tcp://localhost:{end.Port}" : address;

    private static bool IsEvery(IPEndPoint end) =>
        end.Address.Equals(IPAddress.Any) || end.Address.Equals(IPAddress.IPv6Any);
}
