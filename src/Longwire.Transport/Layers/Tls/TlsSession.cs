using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Longwire.Transport.Layers;

/// <summary>What a TLS handshake agreed on.</summary>
public sealed record TlsSession
{
    /// <summary>The protocol's version.</summary>
    public required SslProtocols Version { get; init; }

    /// <summary>The cipher suite.</summary>
    public required TlsCipherSuite CipherSuite { get; init; }

    /// <summary>The name that the client asked for (SNI, RFC 6066 §3); empty when it did not.</summary>
    public required string ServerName { get; init; }

    /// <summary>The application protocol (ALPN, RFC 7301); empty when none was negotiated.</summary>
    public required string ApplicationProtocol { get; init; }

    /// <summary>The peer's certificate, or null.</summary>
    public X509Certificate2? PeerCertificate { get; init; }

    /// <summary>
    /// Who the peer's certificate says it is: the first e-mail address, URI or DNS name of its subject alternative
    /// names, else its subject; null without a certificate.
    /// </summary>
    public string? PeerName { get; init; }

    internal static TlsSession Of(SslStream stream)
    {
        var certificate = stream.RemoteCertificate as X509Certificate2;
        return new()
        {
            Version = stream.SslProtocol,
            CipherSuite = stream.NegotiatedCipherSuite,
            ServerName = stream.TargetHostName,
            ApplicationProtocol = stream.NegotiatedApplicationProtocol.ToString(),
            PeerCertificate = certificate,
            PeerName = certificate is null ? null : NameOf(certificate),
        };
    }

    private static string NameOf(X509Certificate2 certificate)
    {
        foreach (X509NameType kind in (ReadOnlySpan<X509NameType>)
            [X509NameType.EmailName, X509NameType.UrlName, X509NameType.DnsFromAlternativeName])
        {
            if (certificate.GetNameInfo(kind, forIssuer: false) is { Length: > 0 } name)
                return name;
        }
        return certificate.Subject;
    }
}
