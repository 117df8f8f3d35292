using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Longwire.Transport.Layers;

/// <summary>The server's side of TLS.</summary>
public sealed class TlsServerLayer : TlsLayer
{
    private readonly SslServerAuthenticationOptions _options;

    /// <summary>A layer that shows one certificate to everybody.</summary>
    public TlsServerLayer(X509Certificate2 certificate) => _options = new SslServerAuthenticationOptions
    {
        ServerCertificateContext = SslStreamCertificateContext.Create(certificate, null, offline: true),
        EnabledSslProtocols = Versions,
        AllowRenegotiation = false,
    };

    /// <inheritdoc/>
    public override bool AwaitsPeer => true;

    private protected override Task AuthenticateAsync(SslStream stream, LayerContext context) =>
        stream.AuthenticateAsServerAsync(_options);
}
