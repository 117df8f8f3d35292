using System.Net;
using System.Net.Security;
using System.Security.Principal;

namespace Longwire.Transport.Layers;

/// <summary>The server's side of Negotiate: clients prove who they are.</summary>
/// <remarks>
/// The server proves itself with the keys of its service: on Linux those of the keytab that <c>KRB5_KTNAME</c> names,
/// on Windows those of the account that it runs as.
/// </remarks>
public sealed class NegotiateServerLayer : NegotiateLayer
{
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
        : base(Checked(options).Protection, nameof(NegotiateServerOptions), library)
    {
        if (options.Allowed is null)
            throw new ArgumentException("NegotiateServerOptions.Allowed must be a list; an empty one admits everyone.");
        _options = options;
    }

    /// <inheritdoc/>
    public override bool AwaitsPeer => true;

    /// <inheritdoc/>
    public override HandshakeFailure Classify(Exception exception) =>
        exception is NotAuthorizedException ? HandshakeFailure.NotAuthorized : base.Classify(exception);

    private protected override async Task AuthenticateAsync(NegotiateStream stream, LayerContext context)
    {
        await stream.AuthenticateAsServerAsync(
            CredentialCache.DefaultNetworkCredentials, _options.Protection,
            TokenImpersonationLevel.Identification).ConfigureAwait(false);
        IIdentity identity = stream.RemoteIdentity;
        if (!_options.Admits(identity))
            throw new NotAuthorizedException(identity.Name);
        context.Identity = identity;
    }

    private static NegotiateServerOptions Checked(NegotiateServerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options;
    }

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
