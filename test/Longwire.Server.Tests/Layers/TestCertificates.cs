using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Longwire.Transport.Layers;

namespace Longwire.ServerTests;

/// <summary>Certificates of a test's own authority, made anew in each run.</summary>
internal static class TestCertificates
{
    private static readonly DateTimeOffset s_from = DateTimeOffset.UtcNow.AddDays(-1);
    private static readonly DateTimeOffset s_to = DateTimeOffset.UtcNow.AddDays(30);

    internal static X509Certificate2 Authority { get; } = MakeAuthority("CN=Longwire test authority");

    /// <summary>For localhost, and so for most tests.</summary>
    internal static X509Certificate2 Server { get; } = Issue("localhost");

    internal static TlsCertificate ServerSource { get; } = TlsCertificate.From(Server);

    internal static X509Certificate2 MakeAuthority(string subject)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(
            new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        return request.CreateSelfSigned(s_from.AddDays(-30), s_to.AddDays(30));
    }

    internal static X509Certificate2 Issue(
        string name, X509Certificate2? authority = null, DateTimeOffset? from = null, DateTimeOffset? to = null,
        string? subject = null, Uri? uri = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject ?? $"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        if (uri is not null)
            names.AddUri(uri);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        byte[] serial = RandomNumberGenerator.GetBytes(16);
        serial[0] &= 0x7f;
        using X509Certificate2 bare = request.Create(authority ?? Authority, from ?? s_from, to ?? s_to, serial);
        using X509Certificate2 whole = bare.CopyWithPrivateKey(key);
        // By way of PFX, because Windows' TLS takes no key that lives in this process only.
        return X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pfx), null);
    }
}
