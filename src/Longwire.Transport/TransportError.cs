using System.Net.Sockets;

namespace Longwire.Transport;

/// <summary>The operating systems' many error numbers, sorted into what a server does about them.</summary>
public enum TransportError : byte
{
    /// <summary>No error.</summary>
    None,

    /// <summary>The peer reset the connection, or it was gone when we wrote.</summary>
    Reset,

    /// <summary>The peer stopped acknowledging, or a connect took too long.</summary>
    TimedOut,

    /// <summary>Nobody listens at the address.</summary>
    Refused,

    /// <summary>No route, or the network or host is down.</summary>
    Unreachable,

    /// <summary>Somebody else listens at the address.</summary>
    AddressInUse,

    /// <summary>The address is not one of this machine's, or a Unix socket's file does not exist.</summary>
    AddressNotAvailable,

    /// <summary>The process may not do this, such as listening below port 1024.</summary>
    PermissionDenied,

    /// <summary>The process or the system has no descriptor left.</summary>
    DescriptorsExhausted,

    /// <summary>The system has no memory for the socket.</summary>
    OutOfMemory,

    /// <summary>The peer gave up before we accepted.</summary>
    AbortedBeforeAccept,

    /// <summary>Our side closed the socket meanwhile.</summary>
    Closed,

    /// <summary>What the peer sent makes no sense to a layer: a TLS record that was tampered with, say. Also an alert:
    /// a TLS 1.3 server may refuse our certificate only after a dial has succeeded.</summary>
    Corrupted,

    /// <summary>The stream ended inside a layer's unit: a TLS record of which the end is missing.</summary>
    Truncated,

    /// <summary>A dialled connection's layers could not be opened: no TLS at the other end, say.</summary>
    HandshakeFailed,

    /// <summary>A dialled server's certificate is not trusted, or is not one for the name that was asked for.</summary>
    NotTrusted,

    /// <summary>What the peer sent grows beyond a layer's limit: a decompression bomb.</summary>
    Excessive,

    /// <summary>A layer of our own threw what no peer can cause: a defect in it.</summary>
    LayerFailed,

    /// <summary>Anything else.</summary>
    Other,
}

internal static class TransportErrors
{
    internal static TransportError From(SocketError error) => error switch
    {
        SocketError.Success => TransportError.None,
        SocketError.ConnectionReset or SocketError.Shutdown or SocketError.NetworkReset
            or SocketError.Disconnecting => TransportError.Reset,
        SocketError.ConnectionAborted => TransportError.AbortedBeforeAccept,
        SocketError.TimedOut => TransportError.TimedOut,
        SocketError.ConnectionRefused => TransportError.Refused,
        SocketError.HostUnreachable or SocketError.NetworkUnreachable or SocketError.NetworkDown
            or SocketError.HostDown or SocketError.HostNotFound => TransportError.Unreachable,
        SocketError.AddressAlreadyInUse => TransportError.AddressInUse,
        SocketError.AddressNotAvailable => TransportError.AddressNotAvailable,
        SocketError.AccessDenied => TransportError.PermissionDenied,
        SocketError.TooManyOpenSockets => TransportError.DescriptorsExhausted,
        SocketError.NoBufferSpaceAvailable => TransportError.OutOfMemory,
        SocketError.OperationAborted or SocketError.Interrupted or SocketError.NotSocket => TransportError.Closed,
        _ => TransportError.Other,
    };

    /// <summary>What an accept loop does after an error: see <see cref="Listener"/>.</summary>
    internal static AcceptAction AcceptAction(TransportError error) => error switch
    {
        TransportError.DescriptorsExhausted or TransportError.OutOfMemory => Transport.AcceptAction.BackOff,
        TransportError.Closed => Transport.AcceptAction.Stop,
        TransportError.Other or TransportError.PermissionDenied => Transport.AcceptAction.BackOff,
        // The error belongs to the connection that was to be accepted (accept(2), "Error handling"): take the next
        // one.
        _ => Transport.AcceptAction.Retry,
    };
}

internal enum AcceptAction : byte
{
    Retry,
    BackOff,
    Stop,
}
