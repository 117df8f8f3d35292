using System.Security.Cryptography.X509Certificates;

namespace Longwire.Transport.Layers;

/// <summary>Whether clients show a certificate.</summary>
public enum ClientCertificates
{
    /// <summary>They are not asked.</summary>
    None,

    /// <summary>They are asked; one that is shown must be good.</summary>
    Optional,

    /// <summary>No good certificate, no connection.</summary>
    Required,
}

/// <summary>The server's side of TLS: what it shows, and what it asks for.</summary>
public sealed record TlsServerOptions
{
    /// <summary>
    /// At least one. Which of them a client sees is decided by the name that it asks for (SNI, RFC 6066 §3): the first
    /// one whose names (subject alternative names, wildcards included) have it, else the first of all.
    /// </summary>
    public IReadOnlyList<TlsCertificate> Certificates { get; init; } = [];

    /// <summary>Whether clients show a certificate. Default: none.</summary>
    public ClientCertificates ClientCertificates { get; init; }

    /// <summary>
    /// A PEM file with the authorities that clients' certificates may come from, and no others. Default: null, those
    /// that the system trusts.
    /// </summary>
    public string? ClientAuthorities { get; init; }

    /// <summary>
    /// Whether clients' certificates are looked up in revocation lists. Default: not. Online looks hold one of the
    /// handshakes that may compute at a time while they last.
    /// </summary>
    public X509RevocationMode ClientRevocation { get; init; } = X509RevocationMode.NoCheck;

    /// <summary>
    /// Application protocols in order of preference (ALPN, RFC 7301). Default: none, which takes any client. A client
    /// that names others only is refused.
    /// </summary>
    public IReadOnlyList<string> ApplicationProtocols { get; init; } = [];

    /// <summary>Whether clients may resume sessions by tickets. Default: true.</summary>
    public bool Resumption { get; init; } = true;

    /// <summary>
    /// How old a look at the certificates' files may be: a new connection that finds it older has the files looked at,
    /// and what changed is loaded anew. Connections that are there stay. Default: 10 s.
    /// </summary>
    public TimeSpan ReloadInterval { get; init; } = TimeSpan.FromSeconds(10);
}
