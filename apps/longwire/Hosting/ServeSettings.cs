using Longwire.Transport.Layers;

namespace Longwire.Service.Hosting;

/// <summary>What <c>longwire serve</c> was told, checked.</summary>
/// <param name="Telnet">Where the line console listens.</param>
/// <param name="DataFolder">An absolute path; development certificates lie there.</param>
/// <param name="Tls">The console's TLS; null for plain text.</param>
internal sealed record ServeSettings(string Telnet, string DataFolder, TlsServerOptions? Tls = null);
