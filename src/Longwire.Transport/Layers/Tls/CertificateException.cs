namespace Longwire.Transport.Layers;

/// <summary>
/// A certificate, or its key, cannot be used; the message names where it comes from, what is wrong, and the cure.
/// </summary>
public sealed class CertificateException : IOException
{
    internal CertificateException(string source, string problem, Exception? cause = null)
        : base($"TLS cannot use {source}: {problem}.", cause) => CertificateSource = source;

    /// <summary>The file or store that the certificate, or its key, comes from.</summary>
    public string CertificateSource { get; }
}
