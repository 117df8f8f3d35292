using System.Net;

namespace Longwire.Service.Hosting;

/// <summary>The line on standard output that says where the service is and what to do next.</summary>
internal static class Announcement
{
    /// <summary>For a bound address, such as <c>tcp://127.0.0.1:2323</c>.</summary>
    public static string For(string address)
    {
        string place = address.Replace("tcp://", "", StringComparison.Ordinal);
        return $"Listening on {place} - try: {Netcat(address, place)}, then type: watch host/cpu";
    }

    private static string Netcat(string address, string place)
    {
        if (!IPEndPoint.TryParse(place, out IPEndPoint? end))
            return $"nc -U {address.Replace("unix://", "", StringComparison.Ordinal)}";
        bool every = end.Address.Equals(IPAddress.Any) || end.Address.Equals(IPAddress.IPv6Any);
        return $"nc {(every ? "localhost" : end.Address)} {end.Port}";
    }
}
