using Longwire.Transport.Layers;

namespace Longwire.Service.Hosting;

/// <summary>What <c>longwire serve</c> was told, checked.</summary>
/// <param name="Telnet">Where the line console listens.</param>
/// <param name="DataFolder">An absolute path; development certificates lie there.</param>
internal sealed record ServeSettings(string Telnet, string DataFolder)
{
    /// <summary>The balancers whose PROXY headers count; none when clients come themselves.</summary>
    public string[] Proxies { get; init; } = [];

    /// <summary>The console's TLS; null for plain text.</summary>
    public TlsServerOptions? Tls { get; init; }
}
