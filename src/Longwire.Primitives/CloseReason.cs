namespace Longwire;

/// <summary>
/// Why a connection ended. Every connection ends with exactly one reason – the first cause wins – and the same word
/// stands in the log, the metrics, the console and, where a protocol carries it, on the wire.
/// </summary>
/// <remarks>
/// The hundreds digit is the group: 1 peer, 2 local policy, 3 protocol, 4 transport, 5 shutdown. What the peer should
/// do next is <see cref="CloseReasons.Advice(CloseReason)"/>.
/// </remarks>
public enum CloseReason : ushort
{
    /// <summary>The connection is still open.</summary>
    None = 0,

    /// <summary>The peer sent FIN between two frames; everything before it was answered.</summary>
    PeerClosed = 100,

    /// <summary>The peer reset the connection (RST).</summary>
    PeerReset = 101,

    /// <summary>Nothing was received and nothing was acknowledged for the heartbeat timeout.</summary>
    PeerUnresponsive = 102,

    /// <summary>The application closed the connection (flush, then FIN).</summary>
    ClosedByApplication = 200,

    /// <summary>The application aborted the connection (RST).</summary>
    AbortedByApplication = 201,

    /// <summary>The peer sent nothing for the endpoint's idle timeout.</summary>
    IdleTimeout = 202,

    /// <summary>The outbox stayed over its limit and the policy is to disconnect.</summary>
    SlowConsumer = 203,

    /// <summary>The peer took no byte of what was queued for the stall timeout.</summary>
    WriteStalled = 204,

    /// <summary>The server holds as many connections as it may.</summary>
    TooManyConnections = 205,

    /// <summary>The peer's address holds as many connections as it may.</summary>
    TooManyFromAddress = 206,

    /// <summary>The process-wide memory budget is spent.</summary>
    MemoryPressure = 207,

    /// <summary>A handler threw; the exception is in the log.</summary>
    HandlerFailed = 208,

    /// <summary>The peer did not close within the linger time after our FIN.</summary>
    LingerTimeout = 209,

    /// <summary>The layers (TLS, say) were not open by the handshake deadline.</summary>
    HandshakeTimeout = 210,

    /// <summary>
    /// The user or device has signed in on a newer connection, and may not have more of them.
    /// </summary>
    Replaced = 211,

    /// <summary>The endpoint takes connections from its proxies only, and the peer is none of them.</summary>
    UntrustedProxy = 220,

    /// <summary>The proxy did not say in time who its client is.</summary>
    ProxyHeaderTimeout = 221,

    /// <summary>The peer sent bytes that are no frame of the protocol.</summary>
    MalformedFrame = 300,

    /// <summary>A frame, or what a compressed one grew to, exceeded the limit.</summary>
    FrameTooLarge = 301,

    /// <summary>The stream ended inside a frame.</summary>
    TruncatedFrame = 302,

    /// <summary>The layers could not be opened: no TLS, no common version, no trusted certificate.</summary>
    HandshakeFailed = 303,

    /// <summary>What came first is no valid header of the PROXY protocol.</summary>
    InvalidProxyHeader = 310,

    /// <summary>The operating system reported an error that is none of the above.</summary>
    TransportError = 400,

    /// <summary>The server drains; come back later or elsewhere.</summary>
    ServerShutdown = 500,
}

/// <summary>What a peer should do after a connection ended.</summary>
public enum ReconnectAdvice
{
    /// <summary>Nothing is wrong: reconnect when there is a need.</summary>
    WhenNeeded,

    /// <summary>Reconnect with exponential back-off and jitter.</summary>
    WithBackoff,

    /// <summary>Reconnect after the delay that the goodbye named, with jitter.</summary>
    AfterHint,

    /// <summary>Reconnecting will fail the same way until the peer's program or configuration is mended.</summary>
    AfterRepair,
}

/// <summary>The contract of <see cref="CloseReason"/>: what each member advises.</summary>
public static class CloseReasons
{
    /// <summary>What the peer should do after <paramref name="reason"/>.</summary>
    public static ReconnectAdvice Advice(this CloseReason reason) => reason switch
    {
        CloseReason.None or CloseReason.PeerClosed or CloseReason.ClosedByApplication or CloseReason.IdleTimeout
            or CloseReason.Replaced => ReconnectAdvice.WhenNeeded,
        CloseReason.ServerShutdown => ReconnectAdvice.AfterHint,
        CloseReason.MalformedFrame or CloseReason.FrameTooLarge or CloseReason.TruncatedFrame
            or CloseReason.HandshakeFailed or CloseReason.UntrustedProxy or CloseReason.InvalidProxyHeader
            => ReconnectAdvice.AfterRepair,
        _ => ReconnectAdvice.WithBackoff,
    };
}
