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
        if (exception is IOException)
            return HandshakeFailure.NotTheProtocol;
        if (exception is not AuthenticationException)
            return HandshakeFailure.Other;
        // The platform has no codes for them: these are words of its messages and of OpenSSL's reasons.
        string text = exception.Message;
        for (Exception? inner = exception.InnerException; inner is not null; inner = inner.InnerException)
            text = $"{text} {inner.Message}";
        return Says(text, "remote certificate") ? HandshakeFailure.PeerCertificate
            : Says(text, " alert ") ? HandshakeFailure.PeerRefused
            : Says(text, "did not return a certificate") ? HandshakeFailure.PeerCertificate
            : Says(text, "unsupported protocol", "no shared cipher", "no suitable", "inappropriate fallback",
                "no application protocol") ? HandshakeFailure.NoCommonVersion
            : HandshakeFailure.NotTheProtocol;
    }

    private static bool Says(string text, params ReadOnlySpan<string> words)
    {
        foreach (string word in words)
        {
            if (text.Contains(word, StringComparison.OrdinalIgnoreCase))
                return true;
        }
        return false;
    }

    private protected abstract Task AuthenticateAsync(SslStream stream, LayerContext context);
}
