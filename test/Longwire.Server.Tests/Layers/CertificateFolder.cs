using System.Security.Cryptography.X509Certificates;

namespace Longwire.ServerTests;

/// <summary>Certificates in files, in a folder that goes with the test.</summary>
internal sealed class CertificateFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("longwire-tls-");

    internal string Authority => Write("ca.pem", TestCertificates.Authority.ExportCertificatePem());

    public void Dispose() => _folder.Delete(recursive: true);

    internal string PathOf(string name) => Path.Combine(_folder.FullName, name);

    internal string Write(string name, string text)
    {
        File.WriteAllText(PathOf(name), text);
        return PathOf(name);
    }

    internal string Write(string name, byte[] bytes)
    {
        File.WriteAllBytes(PathOf(name), bytes);
        return PathOf(name);
    }

    /// <summary>A certificate and its key as two PEM files.</summary>
    internal (string Certificate, string Key) WritePair(string name, X509Certificate2 certificate) =>
        (Write($"{name}.pem", certificate.ExportCertificatePem()), Write($"{name}.key", KeyPem(certificate)));

    internal static string KeyPem(X509Certificate2 certificate) =>
        certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem();
}
