using System.IO.Compression;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Longwire.Transport.Layers;

namespace Longwire.Hosting.Settings;

/// <summary>The keys of an endpoint's layers.</summary>
internal static class LayerTables
{
    private const string WholePath = "a whole path, such as /etc/longwire/server.pem";

    internal static readonly SettingTable<TlsServerOptions> Tls = new SettingTable<TlsServerOptions>(new())
        .Choice("clientCertificates",
            static o => o.ClientCertificates, static (o, v) => o with { ClientCertificates = v },
            "whether clients show a certificate: optional is one that must be good if shown")
        .Text("authorities", (WholePath, "/etc/longwire/clients.pem"), static o => o.ClientAuthorities,
            static (o, v) => Path.IsPathFullyQualified(v) ? o with { ClientAuthorities = v } : null,
            "PEM file with the authorities of clients' certificates; by default those that the system trusts")
        .Choice("revocation", static o => o.ClientRevocation, static (o, v) => o with { ClientRevocation = v },
            "whether clients' certificates are looked up in revocation lists")
        .Switch("resumption", static o => o.Resumption, static (o, v) => o with { Resumption = v },
            "whether sessions are resumed by tickets")
        .Time("reloadInterval", static o => o.ReloadInterval, static (o, v) => o with { ReloadInterval = v },
            "how old a look at the files may be when a new client comes");

    /// <summary>One entry of <c>tls:certificates</c>.</summary>
    internal static readonly SettingTable<CertificateFiles> Certificate = new SettingTable<CertificateFiles>(new())
        .Text("certificate", (WholePath, "/etc/longwire/server.pem"), static o => o.Certificate,
            static (o, v) => Path.IsPathFullyQualified(v) ? o with { Certificate = v } : null,
            "PEM with the chain behind it, or PFX (.pfx, .p12)")
        .Text("key", (WholePath, "/etc/longwire/server.key"), static o => o.Key,
            static (o, v) => Path.IsPathFullyQualified(v) ? o with { Key = v } : null,
            "the private key, PEM; by default it is in the certificate's file")
        .Secret("password", static (o, v) => o with { Password = v },
            "of the key or the PFX file; better in a variable of the environment than in a file");

    internal static readonly SettingTable<NegotiateServerOptions> Negotiate =
        new SettingTable<NegotiateServerOptions>(NegotiateServerOptions.Default)
        .Choice("protection", static o => o.Protection, static (o, v) => o with { Protection = v },
            "the least that a client must agree to; sign leaves what is sent readable",
            ProtectionLevel.Sign, ProtectionLevel.EncryptAndSign);

    internal static readonly SettingTable<DeflateOptions> Deflate =
        new SettingTable<DeflateOptions>(DeflateOptions.Default)
        .Count("minBytes", (1, ushort.MaxValue), static o => o.MinBytes, static (o, v) => o with { MinBytes = v },
            "frames of fewer bytes are sent as they are")
        .Choice("level", static o => o.Level, static (o, v) => o with { Level = v }, "what compression may cost");

    /// <summary>The section <c>deflate:inbound</c>; its presence is what turns it on.</summary>
    internal static readonly SettingTable<InflateOptions> Inflate =
        new SettingTable<InflateOptions>(InflateOptions.Default)
        .Count("maxRatio", (1, 1 << 20), static o => o.MaxRatio, static (o, v) => o with { MaxRatio = v },
            "bytes out of one; then the peer is aborted")
        .Size("maxOutputBytes", InflateOptions.FreeBytes,
            static o => o.MaxOutputBytes, static (o, v) => o with { MaxOutputBytes = v },
            "bytes out of 16KiB of input; then the peer is aborted");
}

/// <summary>One entry of <c>tls:certificates</c>, as read.</summary>
internal sealed record CertificateFiles
{
    internal string? Certificate { get; init; }

    internal string? Key { get; init; }

    internal string? Password { get; init; }

    internal bool IsPfx => Path.GetExtension(Certificate)?.ToLowerInvariant() is ".pfx" or ".p12";

    internal TlsCertificate Load() => IsPfx
        ? TlsCertificate.FromPfx(Certificate!, Password)
        : TlsCertificate.FromPem(Certificate!, Key ?? Certificate!, Password);
}
