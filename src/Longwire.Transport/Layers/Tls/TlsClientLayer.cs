using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Longwire.Transport.Layers;

/// <summary>The client's side of TLS.</summary>
public sealed record TlsClientOptions
{
    /// <summary>The name that the server's certificate must have; also asked for (SNI). Required.</summary>
    public required string TargetHost { get; init; }

    /// <summary>
    /// A PEM file with the authorities that the server's certificate may come from, and no others. Default: null, those
    /// that the system trusts.
    /// </summary>
    public string? Authorities { get; init; }

    /// <summary>Whether the server's certificate is looked up in revocation lists. Default: not.</summary>
    public X509RevocationMode Revocation { get; init; } = X509RevocationMode.NoCheck;

    /// <summary>Our own certificate, for servers that ask for one. Default: none.</summary>
    public TlsCertificate? Certificate { get; init; }

    /// <summary>Application protocols in order of preference (ALPN, RFC 7301). Default: none.</summary>
    public IReadOnlyList<string> ApplicationProtocols { get; init; } = [];
}

/// <summary>The client's side of TLS, for wires that a loop dialled.</summary>
public sealed class TlsClientLayer : TlsLayer
{
    private readonly SslClientAuthenticationOptions _options;

    /// <summary>Loads what the options name.</summary>
    /// <exception cref="CertificateException">A certificate cannot be used.</exception>
    public TlsClientLayer(TlsClientOptions options, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentException.ThrowIfNullOrEmpty(options.TargetHost);
        _options = new SslClientAuthenticationOptions
        {
            TargetHost = options.TargetHost,
            EnabledSslProtocols = Versions,
            AllowRenegotiation = false,
            CertificateChainPolicy = new X509ChainPolicy
            {
                RevocationMode = options.Revocation,
                RevocationFlag = X509RevocationFlag.ExcludeRoot,
                // What a stranger's certificate names must not make us fetch it.
                DisableCertificateDownloads = options.Revocation != X509RevocationMode.Online,
            },
        };
        if (options.Authorities is { } path)
        {
            _options.CertificateChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            _options.CertificateChainPolicy.CustomTrustStore.AddRange(
                CertificateFiles.ParsePem(path, CertificateFiles.ReadText(path)));
        }
        if (options.Certificate is { } source)
        {
            (X509Certificate2 certificate, X509Certificate2Collection chain) =
                source.Load((time ?? TimeProvider.System).GetUtcNow());
            _options.ClientCertificateContext = CertificateFiles.ContextOf(source, certificate, chain);
        }
        if (options.ApplicationProtocols.Count > 0)
        {
            _options.ApplicationProtocols =
                [.. options.ApplicationProtocols.Select(static name => new SslApplicationProtocol(name))];
        }
    }

    private protected override Task AuthenticateAsync(SslStream stream, LayerContext context) =>
        stream.AuthenticateAsClientAsync(_options);
}
