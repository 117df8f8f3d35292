using System.Net;
using System.Net.Security;
using System.Runtime.InteropServices;
using System.Security.Authentication;
using System.Security.Principal;

namespace Longwire.Transport.Layers;

/// <summary>
/// The server's side of <see cref="NegotiateStream"/>: clients prove who they are by Kerberos (on Windows NTLM, too).
/// </summary>
/// <remarks>
/// The server proves itself with the keys of its service: on Linux those of the keytab that <c>KRB5_KTNAME</c> names,
/// on Windows those of the account that it runs as. Accepting runs on the pool, as GSSAPI may block; the handshake
/// deadline and the limit of concurrent handshakes bound it. Bound: a record of at most 64 KiB of the peer's (the
/// stream's own limit), whose buffer the stream keeps.
/// </remarks>
public sealed class NegotiateServerLayer : Layer
{
    private const string Library = "libgssapi_krb5.so.2"; // what the framework loads on Linux

    private readonly NegotiateServerOptions _options;

    /// <summary>Creates the layer.</summary>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="PlatformNotSupportedException">
    /// The system has no GSSAPI; the message names the cure.
    /// </exception>
    public NegotiateServerLayer(NegotiateServerOptions options)
        : this(options, Library)
    {
    }

    internal NegotiateServerLayer(NegotiateServerOptions options, string library)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Protection is not (ProtectionLevel.Sign or ProtectionLevel.EncryptAndSign))
            throw new ArgumentException("NegotiateServerOptions.Protection must be Sign or EncryptAndSign.");
        if (options.Allowed is null)
            throw new ArgumentException("NegotiateServerOptions.Allowed must be a list; an empty one admits everyone.");
        if (OperatingSystem.IsLinux() && !NativeLibrary.TryLoad(library, out _))
        {
            throw new PlatformNotSupportedException(
                $"Negotiate needs {library}, which is not installed: install the package libgssapi-krb5-2 "
                + "(Debian, Ubuntu) or krb5-libs (Fedora).");
        }
        _options = options;
    }

    /// <inheritdoc/>
    public override string Name => "negotiate";

    /// <inheritdoc/>
    public override bool AwaitsPeer => true;

    /// <inheritdoc/>
    public override bool AwaitsWithoutBuffer => true;

    /// <inheritdoc/>
    public override async ValueTask<Stream> OpenAsync(Stream below, LayerContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var stream = new NegotiatedStream(below);
        try
        {
            await stream.Negotiation.AuthenticateAsServerAsync(
                CredentialCache.DefaultNetworkCredentials, _options.Protection,
                TokenImpersonationLevel.Identification).ConfigureAwait(false);
            IIdentity identity = stream.Negotiation.RemoteIdentity;
            if (!_options.Admits(identity))
                throw new NotAuthorizedException(identity.Name);
            context.Identity = identity;
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
        NotAuthorizedException => HandshakeFailure.NotAuthorized,
        AuthenticationException => HandshakeFailure.NotAuthenticated,
        IOException => HandshakeFailure.NotTheProtocol,
        _ => HandshakeFailure.Other,
    };

    private sealed class NotAuthorizedException(string? name)
        : Exception($"'{name}' is authenticated, but not among those who may connect.");
}

/// <summary>Who may connect to an endpoint with Negotiate, and how well the connection is protected.</summary>
public sealed record NegotiateServerOptions
{
    /// <summary>The defaults.</summary>
    public static NegotiateServerOptions Default { get; } = new();

    /// <summary>
    /// The least protection that a client must agree to. Default: <see cref="ProtectionLevel.EncryptAndSign"/>; <see
    /// cref="ProtectionLevel.Sign"/> leaves what is sent readable.
    /// </summary>
    public ProtectionLevel Protection { get; init; } = ProtectionLevel.EncryptAndSign;

    /// <summary>
    /// The identities that may connect, as the system writes them: <c>alice@EXAMPLE.ORG</c>, <c>EXAMPLE\alice</c>.
    /// Compared without regard to case on Windows only. Default: empty, everybody who is authenticated.
    /// </summary>
    public IReadOnlyList<string> Allowed { get; init; } = [];

    /// <summary>
    /// Decides beyond <see cref="Allowed"/>, on the pool; it may block, within the handshake's deadline. Default: none.
    /// </summary>
    public Func<IIdentity, bool>? Authorize { get; init; }

    internal bool Admits(IIdentity identity)
    {
        StringComparer names = OperatingSystem.IsWindows()
            ? StringComparer.OrdinalIgnoreCase
            : StringComparer.Ordinal; // Kerberos names are
        bool isListed = Allowed.Count == 0 || (identity.Name is { } name && Allowed.Contains(name, names));
        return isListed && Authorize?.Invoke(identity) != false;
    }
}
