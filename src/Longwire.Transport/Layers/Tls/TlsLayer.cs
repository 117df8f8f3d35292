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
        // The platform has no codes for them: these are words of its messages and of OpenSSL's reasons.
        return exception switch
        {
            IOException => HandshakeFailure.NotTheProtocol,
            AuthenticationException when Says(exception, "remote certificate") => HandshakeFailure.PeerCertificate,
            AuthenticationException when Says(exception, " alert ") => HandshakeFailure.PeerRefused,
            AuthenticationException when Says(exception, "did not return a certificate")
                => HandshakeFailure.PeerCertificate,
            AuthenticationException when Says(exception, "unsupported protocol", "no shared cipher", "no suitable",
                "inappropriate fallback", "no application protocol") => HandshakeFailure.NoCommonVersion,
            AuthenticationException => HandshakeFailure.NotTheProtocol,
            _ => HandshakeFailure.Other,
        };
    }

    private static bool Says(Exception exception, params ReadOnlySpan<string> words)
    {
        string text = exception.ToString();
        foreach (string word in words)
        {
            if (text.Contains(word, StringComparison.OrdinalIgnoreCase))
                return true;
        }
        return false;
    }

    private protected abstract Task AuthenticateAsync(SslStream stream, LayerContext context);
}
