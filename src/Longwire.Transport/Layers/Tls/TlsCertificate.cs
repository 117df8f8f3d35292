using System.Security.Cryptography.X509Certificates;

namespace Longwire.Transport.Layers;

/// <summary>Where a certificate with its private key and its chain comes from; it can be loaded again.</summary>
public abstract class TlsCertificate
{
    private protected TlsCertificate()
    {
    }

    /// <summary>The name of the source, for messages.</summary>
    public abstract string Source { get; }

    /// <summary>
    /// A PEM file with the certificate, and behind it those of the authorities between it and the root, and a PEM file
    /// with its private key.
    /// </summary>
    /// <param name="certificatePath">The certificate's file.</param>
    /// <param name="keyPath">The key's file; it may be the same.</param>
    /// <param name="password">Of the key, if it is encrypted.</param>
    public static TlsCertificate FromPem(string certificatePath, string keyPath, string? password = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(certificatePath);
        ArgumentException.ThrowIfNullOrEmpty(keyPath);
        return new PemCertificate(certificatePath, keyPath, password);
    }

    /// <summary>A PFX (PKCS #12) file with the certificate, its key and its chain.</summary>
    /// <param name="path">The file.</param>
    /// <param name="password">Its password, or null.</param>
    public static TlsCertificate FromPfx(string path, string? password = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new PfxCertificate(path, password);
    }

    /// <summary>A certificate of the "My" store of Windows or macOS, or of the user's own on Linux.</summary>
    /// <param name="thumbprint">Its SHA-1 thumbprint, in hexadecimal digits.</param>
    /// <param name="location">The machine's store, or the user's.</param>
    public static TlsCertificate FromStore(string thumbprint, StoreLocation location = StoreLocation.LocalMachine)
    {
        ArgumentException.ThrowIfNullOrEmpty(thumbprint);
        return new StoreCertificate(thumbprint, location);
    }

    /// <summary>A certificate in memory. It stays the caller's, and has to live as long as the layer.</summary>
    public static TlsCertificate From(X509Certificate2 certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        return new MemoryCertificate(certificate);
    }

    /// <summary>Changes when the source may have changed: the time and length of its files.</summary>
    internal abstract string Stamp();

    /// <summary>Loads the certificate and the others of its chain.</summary>
    /// <exception cref="CertificateException">It cannot be used.</exception>
    internal (X509Certificate2 Certificate, X509Certificate2Collection Chain) Load(DateTimeOffset now)
    {
        (X509Certificate2 certificate, X509Certificate2Collection chain) = LoadUnchecked();
        if (!certificate.HasPrivateKey)
        {
            throw new CertificateException(
                Source, "its private key is missing; name a file, or a store entry, that holds the key as well");
        }
        if (now.UtcDateTime > certificate.NotAfter.ToUniversalTime())
            throw new CertificateException(Source, $"it expired on {certificate.NotAfter:u}; renew it");
        if (now.UtcDateTime < certificate.NotBefore.ToUniversalTime())
        {
            throw new CertificateException(
                Source, $"it is not valid before {certificate.NotBefore:u}; check this machine's clock");
        }
        return (certificate, chain);
    }

    private protected abstract (X509Certificate2 Certificate, X509Certificate2Collection Chain) LoadUnchecked();

    internal static string FileStamp(string path)
    {
        var file = new FileInfo(path);
        return file.Exists ? $"{file.LastWriteTimeUtc.Ticks}/{file.Length}" : "absent";
    }

    private sealed class MemoryCertificate(X509Certificate2 certificate) : TlsCertificate
    {
        public override string Source => certificate.Subject;

        internal override string Stamp() => "";

        private protected override (X509Certificate2, X509Certificate2Collection) LoadUnchecked() =>
            (certificate, []);
    }
}
