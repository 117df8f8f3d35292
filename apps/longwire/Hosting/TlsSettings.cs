using System.Diagnostics.CodeAnalysis;
using Longwire.Transport.Layers;

namespace Longwire.Service.Hosting;

/// <summary>What the command line says about TLS.</summary>
internal static class TlsSettings
{
    /// <summary>The environment variable with the password of the key or of the PFX file; never an option, because
    /// other users see a process's command line.</summary>
    public const string PasswordVariable = "LONGWIRE_TLS_PASSWORD";

    /// <summary>The option that named the file which cannot be used.</summary>
    public static string OptionFor(string source, string? key, string? clientAuthorities) =>
        key is not null && source == Path.GetFullPath(key) ? "--tls-key"
        : clientAuthorities is not null && source == Path.GetFullPath(clientAuthorities) ? "--tls-client-ca"
        : "--tls-certificate";

    /// <summary>
    /// The options for a certificate and a key, null without them; or what is wrong and how to mend it.
    /// </summary>
    public static bool TryResolve(
        string? certificate, string? key, string? clientAuthorities, Func<string, string?> environment,
        out TlsServerOptions? options, [NotNullWhen(false)] out string? error)
    {
        options = null;
        error = null;
        if (certificate is null)
        {
            error = key is not null ? "--tls-key: name the key's certificate with --tls-certificate, too"
                : clientAuthorities is not null ? "--tls-client-ca: TLS needs --tls-certificate, too"
                : null;
            return error is null;
        }
        bool isPfx = Path.GetExtension(certificate).ToLowerInvariant() is ".pfx" or ".p12";
        if (isPfx && key is not null)
        {
            error = "--tls-key: a PFX file has its key in it; leave the option out";
            return false;
        }
        string? password = environment(PasswordVariable);
        options = new TlsServerOptions
        {
            Certificates =
            [
                isPfx
                    ? TlsCertificate.FromPfx(Path.GetFullPath(certificate), password)
                    : TlsCertificate.FromPem(
                        Path.GetFullPath(certificate), Path.GetFullPath(key ?? certificate), password),
            ],
            ClientCertificates =
                clientAuthorities is null ? ClientCertificates.None : ClientCertificates.Required,
            ClientAuthorities = clientAuthorities is null ? null : Path.GetFullPath(clientAuthorities),
        };
        return true;
    }
}
