using System.Security.Authentication;

namespace Longwire.Transport.Layers;

/// <summary>The peer's certificate was refused; the message says why.</summary>
public sealed class PeerCertificateException(string message) : AuthenticationException(message);
