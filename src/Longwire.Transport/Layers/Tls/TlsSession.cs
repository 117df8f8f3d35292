using System.Formats.Asn1;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Longwire.Transport.Layers;

/// <summary>What a TLS handshake agreed on.</summary>
public sealed record TlsSession
{
    private const string AlternativeNames = "2.5.29.17"; // id-ce-subjectAltName

    // In order of preference: rfc822Name, uniformResourceIdentifier, dNSName.
    private static readonly Asn1Tag[] s_kinds =
        [new(TagClass.ContextSpecific, 1), new(TagClass.ContextSpecific, 6), new(TagClass.ContextSpecific, 2)];

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

    /// <summary>
    /// From the extension itself: the platform's e-mail name falls back to the subject, which nobody may have checked.
    /// </summary>
    private static string NameOf(X509Certificate2 certificate)
    {
        foreach (X509Extension extension in certificate.Extensions)
        {
            if (extension.Oid?.Value == AlternativeNames && FindName(extension.RawData) is { } name)
                return name;
        }
        return certificate.Subject;
    }

    /// <summary>GeneralNames, RFC 5280 §4.2.1.6; null when none is of use.</summary>
    private static string? FindName(byte[] extension)
    {
        string?[] first = new string?[s_kinds.Length];
        try
        {
            AsnReader names = new AsnReader(extension, AsnEncodingRules.DER).ReadSequence();
            while (names.HasData)
            {
                int kind = Array.IndexOf(s_kinds, names.PeekTag());
                if (kind < 0)
                    names.ReadEncodedValue();
                else if (names.ReadCharacterString(UniversalTagNumber.IA5String, s_kinds[kind]) is { Length: > 0 } name)
                    first[kind] ??= name;
            }
        }
        catch (AsnContentException)
        {
            return null;
        }
        return Array.Find(first, static name => name is not null);
    }
}
