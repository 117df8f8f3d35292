using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Longwire.Transport.Layers;

/// <summary>The certificates of a server at one time, found by the name that a client asks for.</summary>
/// <remarks>
/// Owner: its layer. Concurrency: immutable. Sessions are resumed by what belongs to a certificate's context, so each
/// is made once and kept.
/// </remarks>
internal sealed class CertificateSet
{
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2"; // id-kp-clientAuth, RFC 5280 §4.2.1.12

    private static readonly IdnMapping s_idn = new();

    private readonly Dictionary<string, SslServerAuthenticationOptions> _byName =
        new(StringComparer.OrdinalIgnoreCase);
    private readonly SslServerAuthenticationOptions _first;

    private CertificateSet(TlsServerOptions options, DateTimeOffset now)
    {
        X509Certificate2Collection? authorities = options.ClientAuthorities is { } path
            ? CertificateFiles.ParsePem(path, CertificateFiles.ReadText(path))
            : null;
        SslServerAuthenticationOptions? first = null;
        foreach (TlsCertificate source in options.Certificates)
        {
            (X509Certificate2 certificate, X509Certificate2Collection chain) = source.Load(now);
            SslServerAuthenticationOptions authentication = Create(options, source, certificate, chain, authorities);
            first ??= authentication;
            foreach (string name in NamesOf(certificate))
                _byName.TryAdd(Unicode(name), authentication);
        }
        _first = first ?? throw new ArgumentException("TLS needs at least one certificate.");
    }

    /// <summary>Loads all certificates.</summary>
    /// <exception cref="CertificateException">One cannot be used; the message says why.</exception>
    internal static CertificateSet Load(TlsServerOptions options, DateTimeOffset now) => new(options, now);

    /// <summary>Changes when one of the sources may have changed.</summary>
    internal static string StampOf(TlsServerOptions options) =>
        string.Join('|', options.Certificates.Select(static source => source.Stamp()))
        + (options.ClientAuthorities is { } path ? TlsCertificate.FileStamp(path) : "");

    /// <summary>Exact names first, then a wildcard for the first label (RFC 9525 §6.3).</summary>
    internal SslServerAuthenticationOptions Find(string name)
    {
        if (_byName.TryGetValue(name, out SslServerAuthenticationOptions? found))
            return found;
        int dot = name.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && _byName.TryGetValue(string.Concat("*", name.AsSpan(dot)), out found) ? found : _first;
    }

    private static IEnumerable<string> NamesOf(X509Certificate2 certificate)
    {
        bool any = false;
        foreach (X509Extension extension in certificate.Extensions)
        {
            if (extension is not X509SubjectAlternativeNameExtension names)
                continue;
            foreach (string name in names.EnumerateDnsNames())
            {
                any = true;
                yield return name;
            }
        }
        if (!any && certificate.GetNameInfo(X509NameType.DnsName, forIssuer: false) is { Length: > 0 } common)
            yield return common;
    }

    /// <summary>The name as the platform tells what a client asks for: <c>xn--…</c> is decoded (RFC 5891).</summary>
    private static string Unicode(string name)
    {
        try
        {
            return s_idn.GetUnicode(name);
        }
        catch (ArgumentException)
        {
            return name; // the platform, too, leaves it as it is
        }
    }

    private static SslServerAuthenticationOptions Create(
        TlsServerOptions options, TlsCertificate source, X509Certificate2 certificate,
        X509Certificate2Collection chain, X509Certificate2Collection? authorities)
    {
        bool asks = options.ClientCertificates != ClientCertificates.None;
        SslCertificateTrust? trust = asks && authorities is not null && !OperatingSystem.IsWindows()
            ? SslCertificateTrust.CreateForX509Collection(authorities, sendTrustInHandshake: true)
            : null;
        var authentication = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = CertificateFiles.ContextOf(source, certificate, chain, trust),
            EnabledSslProtocols = TlsLayer.Versions,
            AllowRenegotiation = false,
            AllowTlsResume = options.Resumption,
            ClientCertificateRequired = asks,
        };
        if (options.ApplicationProtocols.Count > 0)
        {
            authentication.ApplicationProtocols =
                [.. options.ApplicationProtocols.Select(static name => new SslApplicationProtocol(name))];
        }
        if (asks)
        {
            authentication.CertificateChainPolicy = PolicyFor(options, authorities);
            bool required = options.ClientCertificates == ClientCertificates.Required;
            authentication.RemoteCertificateValidationCallback = required
                ? static (_, _, _, errors) => errors == SslPolicyErrors.None
                : static (_, shown, _, errors) => shown is null || errors == SslPolicyErrors.None;
        }
        return authentication;
    }

    private static X509ChainPolicy PolicyFor(TlsServerOptions options, X509Certificate2Collection? authorities)
    {
        var policy = new X509ChainPolicy
        {
            RevocationMode = options.ClientRevocation,
            RevocationFlag = X509RevocationFlag.ExcludeRoot,
            // What a stranger's certificate names must not make us fetch it.
            DisableCertificateDownloads = options.ClientRevocation != X509RevocationMode.Online,
        };
        policy.ApplicationPolicy.Add(new Oid(ClientAuthentication));
        if (authorities is not null)
        {
            policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            policy.CustomTrustStore.AddRange(authorities);
        }
        return policy;
    }
}
