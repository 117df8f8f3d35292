using System.Net.Sockets;
using Longwire.Transport;

namespace Longwire;

/// <summary>An endpoint could not be bound; the message names it and the cure.</summary>
public sealed class ListenException : IOException
{
    /// <summary>Creates the exception.</summary>
    public ListenException(ListenAddress address, SocketException cause)
        : base(Describe(address, cause), cause) => Address = address;

    /// <summary>The address.</summary>
    public ListenAddress Address { get; }

    private static string Describe(ListenAddress address, SocketException cause)
    {
        bool isUnix = address?.EndPoint is UnixDomainSocketEndPoint;
        string why = cause?.SocketErrorCode switch
        {
            SocketError.AddressNotAvailable when isUnix =>
                "its folder does not exist; create it, or choose another",
            SocketError.AccessDenied when isUnix =>
                "permission denied; let this user write into its folder, or choose another",
            SocketError.AddressAlreadyInUse =>
                "the address is in use; stop the other program, or choose another port (0 lets the system choose)",
            SocketError.AccessDenied =>
                "permission denied; ports below 1024 need a privilege (CAP_NET_BIND_SERVICE on Linux), "
                    + "so choose a higher one",
            SocketError.AddressNotAvailable =>
                "this machine has no such address; use one of its own, 127.0.0.1, or * for all",
            SocketError.TooManyOpenSockets =>
                "no descriptor is left; raise the limit (ulimit -n)",
            _ => cause?.Message ?? "unknown error",
        };
        return $"Cannot listen on {address}: {why}.";
    }
}
