using System.Net.Security;
using System.Runtime.InteropServices;
using System.Security.Authentication;

namespace Longwire.Transport.Layers;

/// <summary>
/// Kerberos by the platform's <see cref="NegotiateStream"/> (on Windows NTLM, too), on either side of a connection.
/// </summary>
/// <remarks>
/// Authentication runs on the pool, as GSSAPI may block; the handshake deadline and the limit of concurrent handshakes
/// bound it. Bound: a record of at most 64 KiB of the peer's (the stream's own limit), whose buffer the stream keeps.
/// </remarks>
public abstract class NegotiateLayer : Layer
{
    internal const string Library = "libgssapi_krb5.so.2"; // what the framework loads on Linux

    private protected NegotiateLayer(ProtectionLevel protection, string options, string library)
    {
        if (protection is not (ProtectionLevel.Sign or ProtectionLevel.EncryptAndSign))
            throw new ArgumentException($"{options}.Protection must be Sign or EncryptAndSign.");
        if (OperatingSystem.IsLinux() && !NativeLibrary.TryLoad(library, out _))
        {
            throw new PlatformNotSupportedException(
                $"Negotiate needs {library}, which is not installed: install the package libgssapi-krb5-2 "
                + "(Debian, Ubuntu) or krb5-libs (Fedora).");
        }
    }

    /// <inheritdoc/>
    public override string Name => "negotiate";

    /// <inheritdoc/>
    public override bool AwaitsWithoutBuffer => true;

    /// <inheritdoc/>
    public override async ValueTask<Stream> OpenAsync(Stream below, LayerContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var stream = new NegotiatedStream(below);
        try
        {
            await AuthenticateAsync(stream.Negotiation, context).ConfigureAwait(false);
            stream.BeginRecords();
            return stream;
        }
        catch
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public override HandshakeFailure Classify(Exception exception) => exception switch
    {
        AuthenticationException => HandshakeFailure.NotAuthenticated,
        IOException => HandshakeFailure.NotTheProtocol,
        _ => HandshakeFailure.Other,
    };

    private protected abstract Task AuthenticateAsync(NegotiateStream stream, LayerContext context);
}
