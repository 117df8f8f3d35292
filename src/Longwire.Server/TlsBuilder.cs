using System.Security.Cryptography.X509Certificates;
using Longwire.Transport.Layers;

namespace Longwire;

/// <summary>Describes an endpoint's TLS: 1.2 and 1.3, and at least one certificate.</summary>
public sealed class TlsBuilder
{
    internal TlsServerOptions Options = new();

    internal TlsBuilder()
    {
    }

    /// <summary>Adds a certificate from two PEM files, or one that holds both.</summary>
    /// <param name="certificatePath">The certificate, and behind it those between it and the root.</param>
    /// <param name="keyPath">Its private key.</param>
    /// <param name="password">Of the key, if it is encrypted.</param>
    public TlsBuilder Certificate(string certificatePath, string keyPath, string? password = null) =>
        Certificate(TlsCertificate.FromPem(certificatePath, keyPath, password));

    /// <summary>
    /// Adds a certificate. With several, clients see the first one that has the name they ask for, else the first.
    /// </summary>
    public TlsBuilder Certificate(TlsCertificate certificate) =>
        Set(Options with { Certificates = [.. Options.Certificates, certificate] });

    /// <summary>Asks clients for a certificate.</summary>
    /// <param name="certificates">Whether they must show one.</param>
    /// <param name="authorities">
    /// A PEM file with the authorities that their certificates may come from; null for those that the system trusts.
    /// </param>
    /// <param name="revocation">Whether they are looked up in revocation lists.</param>
    public TlsBuilder ClientCertificates(
        ClientCertificates certificates, string? authorities = null,
        X509RevocationMode revocation = X509RevocationMode.NoCheck) =>
        Set(Options with
        {
            ClientCertificates = certificates,
            ClientAuthorities = authorities,
            ClientRevocation = revocation,
        });

    /// <summary>
    /// Application protocols in order of preference (ALPN); a client that names others only is refused.
    /// </summary>
    public TlsBuilder ApplicationProtocols(params string[] names) =>
        Set(Options with { ApplicationProtocols = names });

    /// <summary>
    /// How often, at most, the certificates' files are looked at for a change. Default: 10 s.
    /// </summary>
    public TlsBuilder ReloadInterval(TimeSpan interval) => Set(Options with { ReloadInterval = interval });

    private TlsBuilder Set(TlsServerOptions options)
    {
        Options = options;
        return this;
    }
}
