using System.Net;

namespace Longwire.Service.Hosting;

/// <summary>The line on standard output that says where the service is and what to do next.</summary>
internal static class Announcement
{
    /// <summary>For a bound address, such as <c>tcp://127.0.0.1:2323</c>.</summary>
    public static string For(string address, bool isTls)
    {
        string place = address.Replace("tcp://", "", StringComparison.Ordinal);
        string client = isTls ? OpenSsl(address, place) : Netcat(address, place);
        return $"Listening on {place}{(isTls ? " with TLS" : "")} - try: {client}, then type: watch host/cpu";
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

    private static bool IsEvery(IPEndPoint end) =>
        end.Address.Equals(IPAddress.Any) || end.Address.Equals(IPAddress.IPv6Any);
}
