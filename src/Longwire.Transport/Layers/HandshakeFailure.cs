namespace Longwire.Transport.Layers;

/// <summary>Why the layers of a connection could not be opened.</summary>
public enum HandshakeFailure : byte
{
    /// <summary>They were.</summary>
    None,

    /// <summary>It was not done by the deadline.</summary>
    TimedOut,

    /// <summary>The peer closed or reset the connection before it was done.</summary>
    PeerLeft,

    /// <summary>The peer gave up and said so: as a rule, because it does not trust our certificate.</summary>
    PeerRefused,

    /// <summary>What the peer sent is not the layer's protocol: plain text on a TLS endpoint, say.</summary>
    NotTheProtocol,

    /// <summary>The two sides have no protocol version or cipher suite in common.</summary>
    NoCommonVersion,

    /// <summary>The peer's certificate is missing, expired, revoked or not trusted.</summary>
    PeerCertificate,

    /// <summary>The peer did not prove who it is: no ticket, an expired one, or one for another service.</summary>
    NotAuthenticated,

    /// <summary>The peer proved who it is, and may not connect.</summary>
    NotAuthorized,

    /// <summary>Our side closed the connection before it was done: a drain.</summary>
    Closed,

    /// <summary>Anything else; the exception is in the log.</summary>
    Other,

    /// <summary>Our side had no memory left for it: the slab pool is at its ceiling.</summary>
    OutOfMemory,
}

/// <summary>Told on the loop how the opening of a connection's layers ended: exactly once.</summary>
public interface IHandshakeHandler
{
    /// <summary>
    /// The layers are open and the handler adds the wire to its loop (<see cref="Loop.Add"/>); or they are not, and
    /// the handler closes it. After a deadline or a close it is told when the last step has let go of the streams.
    /// </summary>
    void OnHandshakeEnded(LayeredWire wire, HandshakeFailure failure, Exception? exception);
}
