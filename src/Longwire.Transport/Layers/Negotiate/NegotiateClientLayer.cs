using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Principal;

namespace Longwire.Transport.Layers;

/// <summary>How a dialled connection proves who we are.</summary>
public sealed record NegotiateClientOptions
{
    /// <summary>
    /// The service's principal, as the server's keytab or account has it: <c>longwire/server.example.org</c>. Required.
    /// </summary>
    public required string Service { get; init; }

    /// <summary>
    /// The protection that the server must agree to. Default: <see cref="ProtectionLevel.EncryptAndSign"/>.
    /// </summary>
    public ProtectionLevel Protection { get; init; } = ProtectionLevel.EncryptAndSign;
}

/// <summary>The client's side of Negotiate, for wires that a loop dialled.</summary>
/// <remarks>
/// The identity is the process's own: on Linux the ticket cache that <c>KRB5CCNAME</c> names, on Windows the account
/// that it runs as. The server proves itself by knowing the service's key; what cannot prove it (NTLM, to which Windows
/// may fall back, does not) is refused with an <see cref="AuthenticationException"/>.
/// </remarks>
public sealed class NegotiateClientLayer : NegotiateLayer
{
    private readonly NegotiateClientOptions _options;

    /// <summary>Creates the layer.</summary>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="PlatformNotSupportedException">
    /// The system has no GSSAPI; the message names the cure.
    /// </exception>
    public NegotiateClientLayer(NegotiateClientOptions options)
        : base(Checked(options).Protection, nameof(NegotiateClientOptions), Library) => _options = options;

    private protected override async Task AuthenticateAsync(NegotiateStream stream, LayerContext context)
    {
        await stream.AuthenticateAsClientAsync(
            CredentialCache.DefaultNetworkCredentials, _options.Service, _options.Protection,
            TokenImpersonationLevel.Identification).ConfigureAwait(false);
        RequireProof(stream, _options.Service);
        context.Identity = stream.RemoteIdentity;
    }

    internal static void RequireProof(AuthenticatedStream stream, string service)
    {
        if (!stream.IsMutuallyAuthenticated)
        {
            throw new AuthenticationException(
                $"The server did not prove that it is {service}: Kerberos was not used. Check the service's principal "
                + "and its name in DNS.");
        }
    }

    private static NegotiateClientOptions Checked(NegotiateClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentException.ThrowIfNullOrEmpty(options.Service);
        return options;
    }
}
