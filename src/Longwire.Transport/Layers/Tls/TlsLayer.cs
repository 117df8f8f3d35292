using System.ComponentModel;
using System.Net.Security;
using System.Security.Authentication;

namespace Longwire.Transport.Layers;

/// <summary>TLS 1.2 and 1.3 by the platform's <see cref="SslStream"/>, on either side of a connection.</summary>
public abstract class TlsLayer : Layer
{
    /// <summary>Nothing below TLS 1.2 (RFC 8996).</summary>
    internal const SslProtocols Versions = SslProtocols.Tls12 | SslProtocols.Tls13;

    private protected TlsLayer()
    {
    }

    /// <inheritdoc/>
    public override string Name => "tls";

    /// <inheritdoc/>
    public override bool AwaitsWithoutBuffer => true;

    /// <inheritdoc/>
    public override async ValueTask<Stream> OpenAsync(Stream below, LayerContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var stream = new SslStream(below, leaveInnerStreamOpen: true);
        try
        {
            await AuthenticateAsync(stream, context).ConfigureAwait(false);
            context.Tls = TlsSession.Of(stream);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Sends close_notify (RFC 8446 §6.1).</summary>
    public override async ValueTask EndAsync(Stream stream) =>
        await ((SslStream)stream).ShutdownAsync().ConfigureAwait(false);

    /// <inheritdoc/>
    public override HandshakeFailure Classify(Exception exception)
    {
        string text = exception is AuthenticationException { InnerException: { } inner } ? inner.ToString() : "";
        if (exception is not AuthenticationException and not IOException and not Win32Exception)
            return HandshakeFailure.Other;
        if (exception is PeerCertificateException || text.Contains("certificate", StringComparison.OrdinalIgnoreCase))
            return HandshakeFailure.PeerCertificate;
        if (text.Contains("unsupported protocol", StringComparison.Ordinal)
            || text.Contains("no shared cipher", StringComparison.Ordinal)
            || text.Contains("no_application_protocol", StringComparison.Ordinal))
        {
            return HandshakeFailure.NoCommonVersion;
        }
        return HandshakeFailure.NotTheProtocol;
    }

    private protected abstract Task AuthenticateAsync(SslStream stream, LayerContext context);
}
