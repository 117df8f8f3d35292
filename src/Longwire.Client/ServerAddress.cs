using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Longwire;

/// <summary>
/// Where a server is, as people write it: <c>tcp://example.org:2324</c>, <c>tls://example.org:2325</c>,
/// <c>127.0.0.1:2324</c>, <c>[::1]:2324</c>, <c>unix:///run/app.sock</c>.
/// </summary>
/// <param name="Text">As it was written.</param>
/// <param name="Host">The name or the IP address; empty for a Unix socket.</param>
/// <param name="Port">The port; 0 for a Unix socket.</param>
/// <param name="IsTls">TLS lies on it.</param>
internal sealed record ServerAddress(string Text, string Host, int Port, bool IsTls)
{
    private const string Example = "tcp://example.org:2324, tls://example.org:2325 or unix:///run/app.sock";

    /// <summary>Reads an address.</summary>
    /// <exception cref="FormatException">It is none; the message says why.</exception>
    internal static ServerAddress Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.StartsWith("unix://", StringComparison.Ordinal))
        {
            return System.Text.Encoding.UTF8.GetByteCount(text) - "unix://".Length is > 0 and <= 107 // as in unix(7)
                ? new ServerAddress(text, "", 0, IsTls: false)
                : throw Bad(text, "a Unix socket needs a path of 1 to 107 bytes");
        }
        bool isTls = text.StartsWith("tls://", StringComparison.Ordinal);
        string rest = isTls || text.StartsWith("tcp://", StringComparison.Ordinal) ? text["tcp://".Length..] : text;
        int colon = rest.LastIndexOf(':');
        if (rest.Contains('/', StringComparison.Ordinal) || colon <= 0)
            throw Bad(text, "it has no host and port");
        if (!ushort.TryParse(rest.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port)
            || port == 0)
        {
            throw Bad(text, $"the port '{rest[(colon + 1)..]}' is not a number from 1 to 65535");
        }
        string host = rest[..colon];
        if (host.StartsWith('[') && host.EndsWith(']'))
            host = host[1..^1];
        else if (host.Contains(':', StringComparison.Ordinal))
            throw Bad(text, "an IPv6 address stands in brackets, as in [::1]:2324");
        return Uri.CheckHostName(host) == UriHostNameType.Unknown
            ? throw Bad(text, $"'{host}' is neither a name nor an IP address")
            : new ServerAddress(text, host, port, isTls);
    }

    /// <summary>The address without asking anybody; null for a name, which has to be resolved.</summary>
    internal EndPoint? AsEndPoint() => Host.Length == 0
        ? new UnixDomainSocketEndPoint(Text["unix://".Length..])
        : IPAddress.TryParse(Host, out IPAddress? address) ? new IPEndPoint(address, Port) : null;

    public override string ToString() => Text;

    private static FormatException Bad(string text, string why) =>
        new($"'{text}' is no server's address: {why}. Write {Example}.");
}
