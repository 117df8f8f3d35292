using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Longwire.Service.Certificates;

/// <summary>Makes a certificate for this machine's own names, which is its own authority.</summary>
internal static class DevelopmentCertificate
{
    /// <summary>The certificate's file in the data folder.</summary>
    public const string CertificateFile = "longwire-dev.pem";

    /// <summary>The key's file in the data folder.</summary>
    public const string KeyFile = "longwire-dev.key";

    /// <summary>Valid for so long: TLS clients of some systems take no more than 825 days.</summary>
    private static readonly TimeSpan s_validity = TimeSpan.FromDays(365);

    /// <summary>
    /// Writes certificate and key into a folder, over older ones; returns the paths and when it expires.
    /// </summary>
    public static (string Certificate, string Key, DateTimeOffset Expires) Write(
        string folder, IReadOnlyCollection<string> names, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        DateTimeOffset expires = now + s_validity;
        using X509Certificate2 certificate = Create(names, key, now.AddMinutes(-5), expires);
        Directory.CreateDirectory(folder);
        string certificatePath = Path.Combine(folder, CertificateFile);
        string keyPath = Path.Combine(folder, KeyFile);
        WriteSecret(keyPath, key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(certificatePath, certificate.ExportCertificatePem() + "\n");
        return (certificatePath, keyPath, expires);
    }

    private static X509Certificate2 Create(
        IEnumerable<string> names, ECDsa key, DateTimeOffset from, DateTimeOffset to)
    {
        var request = new CertificateRequest("CN=Longwire development", key, HashAlgorithmName.SHA256);
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (string name in names)
        {
            if (IPAddress.TryParse(name, out IPAddress? address))
                alternatives.AddIpAddress(address);
            else
                alternatives.AddDnsName(name);
        }
        request.CertificateExtensions.Add(alternatives.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(
            new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(
            [new Oid("1.3.6.1.5.5.7.3.1")], critical: false)); // id-kp-serverAuth, RFC 5280 §4.2.1.12
        return request.CreateSelfSigned(from, to);
    }

    /// <summary>A new file that only its owner may read, moved over an older one.</summary>
    private static void WriteSecret(string path, string text)
    {
        string fresh = path + ".new";
        File.Delete(fresh);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var writer = new StreamWriter(fresh, options))
            writer.Write(text + "\n");
        File.Move(fresh, path, overwrite: true);
    }
}
