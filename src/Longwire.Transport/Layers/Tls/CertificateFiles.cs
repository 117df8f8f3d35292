using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Longwire.Transport.Layers;

/// <summary>A certificate and its key in two PEM files (RFC 7468), or in one.</summary>
internal sealed class PemCertificate(string certificatePath, string keyPath, string? password) : TlsCertificate
{
    public override string Source => certificatePath;

    internal override string Stamp() => $"{FileStamp(certificatePath)} {FileStamp(keyPath)}";

    private protected override (X509Certificate2, X509Certificate2Collection) LoadUnchecked()
    {
        string text = CertificateFiles.ReadText(certificatePath);
        string key = CertificateFiles.ReadText(keyPath);
        X509Certificate2Collection chain = CertificateFiles.ParsePem(certificatePath, text);
        chain[0].Dispose();
        chain.RemoveAt(0); // it is loaded anew, with its key
        return (CertificateFiles.Persist(Combine(text, key)), chain);
    }

    private X509Certificate2 Combine(string text, string key)
    {
        bool isEncrypted = key.Contains("ENCRYPTED", StringComparison.Ordinal);
        if (isEncrypted && password is null)
            throw new CertificateException(keyPath, "the key is encrypted; set its password");
        if (!key.Contains("PRIVATE KEY-----", StringComparison.Ordinal))
            throw new CertificateException(keyPath, "there is no private key in PEM form in it; check the path");
        try
        {
            return isEncrypted
                ? X509Certificate2.CreateFromEncryptedPem(text, key, password)
                : X509Certificate2.CreateFromPem(text, key);
        }
        catch (ArgumentException exception)
        {
            throw Mismatch(exception);
        }
        catch (CryptographicException exception)
        {
            if (isEncrypted)
            {
                throw new CertificateException(
                    keyPath, "the key cannot be decrypted; the password is wrong, or the file is damaged", exception);
            }
            throw Mismatch(exception);
        }
    }

    private CertificateException Mismatch(Exception exception) => new(
        keyPath, $"this is not the key of {certificatePath}, or it is damaged; use the pair that was issued together",
        exception);
}

/// <summary>A certificate, its key and its chain in one PFX file (RFC 7292).</summary>
internal sealed class PfxCertificate(string path, string? password) : TlsCertificate
{
    private const int WrongPassword = unchecked((int)0x80070056); // ERROR_INVALID_PASSWORD

    public override string Source => path;

    internal override string Stamp() => FileStamp(path);

    private protected override (X509Certificate2, X509Certificate2Collection) LoadUnchecked()
    {
        byte[] bytes = CertificateFiles.Read(path, File.ReadAllBytes);
        X509Certificate2Collection all;
        try
        {
            all = X509CertificateLoader.LoadPkcs12Collection(bytes, password);
        }
        catch (CryptographicException exception) when (exception.HResult == WrongPassword)
        {
            throw new CertificateException(
                path, password is null ? "it needs a password; set it" : "the password is wrong", exception);
        }
        catch (CryptographicException exception)
        {
            throw new CertificateException(path, $"it is no PFX file, or is damaged ({exception.Message})", exception);
        }
        X509Certificate2 certificate = all.FirstOrDefault(static one => one.HasPrivateKey)
            ?? throw new CertificateException(
                path, "it holds no certificate with a private key; export it anew, with the key");
        all.Remove(certificate);
        return (certificate, all);
    }
}

/// <summary>A certificate in a store of the system's.</summary>
internal sealed class StoreCertificate(string thumbprint, StoreLocation location) : TlsCertificate
{
    public override string Source => $"{thumbprint} in {location}/My";

    internal override string Stamp() => ""; // a renewed certificate has another thumbprint

    private protected override (X509Certificate2, X509Certificate2Collection) LoadUnchecked()
    {
        using var store = new X509Store(StoreName.My, location);
        try
        {
            store.Open(OpenFlags.ReadOnly | OpenFlags.OpenExistingOnly);
        }
        catch (CryptographicException exception)
        {
            throw new CertificateException(
                Source, $"the store cannot be opened ({exception.Message}); "
                    + "on Linux there is only the user's own, and PEM or PFX files are the usual way", exception);
        }
        X509Certificate2Collection found = store.Certificates.Find(
            X509FindType.FindByThumbprint, thumbprint, validOnly: false);
        return found.Count > 0
            ? (found[0], [])
            : throw new CertificateException(Source, "there is none; check the thumbprint and the location");
    }
}

internal static class CertificateFiles
{
    /// <summary>The certificates of a PEM file; at least one.</summary>
    internal static X509Certificate2Collection ParsePem(string path, string text)
    {
        var all = new X509Certificate2Collection();
        try
        {
            all.ImportFromPem(text);
        }
        catch (CryptographicException exception)
        {
            throw new CertificateException(path, $"the file is damaged ({exception.Message})", exception);
        }
        return all.Count > 0
            ? all
            : throw new CertificateException(path, "there is no certificate in PEM form in it; check the path");
    }

    internal static SslStreamCertificateContext ContextOf(
        TlsCertificate source, X509Certificate2 certificate, X509Certificate2Collection chain,
        SslCertificateTrust? trust = null)
    {
        try
        {
            return SslStreamCertificateContext.Create(certificate, chain, offline: true, trust);
        }
        catch (Exception exception) when (exception is CryptographicException or NotSupportedException)
        {
            throw new CertificateException(source.Source, $"the platform refuses it ({exception.Message})", exception);
        }
    }

    internal static string ReadText(string path) => Read(path, File.ReadAllText);

    internal static T Read<T>(string path, Func<string, T> read)
    {
        try
        {
            return read(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            string why = exception switch
            {
                FileNotFoundException or DirectoryNotFoundException => "there is no such file; check the path",
                UnauthorizedAccessException => "the file may not be read; give this process's user the permission",
                _ => $"the file cannot be read ({exception.Message})",
            };
            throw new CertificateException(Path.GetFullPath(path), why, exception);
        }
    }

    /// <summary>Windows' TLS takes no key that lives in this process only; by way of PFX it becomes one of the
    /// user's.</summary>
    internal static X509Certificate2 Persist(X509Certificate2 certificate)
    {
        if (!OperatingSystem.IsWindows())
            return certificate;
        using (certificate)
            return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pfx), null);
    }
}
