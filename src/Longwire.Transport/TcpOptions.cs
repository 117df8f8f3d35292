namespace Longwire.Transport;

/// <summary>
/// Socket options of accepted and dialled connections; what a system does not know is left out there.
/// </summary>
/// <remarks>
/// On Linux they are set on the listener, whose accepted sockets inherit them, so an accept costs no further call.
/// </remarks>
public sealed record TcpOptions
{
    /// <summary>The defaults.</summary>
    public static TcpOptions Default { get; } = new();

    /// <summary>
    /// Send small segments at once (TCP_NODELAY). Default: true, because Longwire coalesces by itself.
    /// </summary>
    public bool NoDelay { get; init; } = true;

    /// <summary>Quiet time after which the system probes the peer (TCP_KEEPIDLE). Default: 60 s.</summary>
    public TimeSpan KeepAliveIdle { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Time between probes (TCP_KEEPINTVL). Default: 10 s.</summary>
    public TimeSpan KeepAliveInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Unanswered probes until the connection is given up (TCP_KEEPCNT). Default: 6.</summary>
    public int KeepAliveProbes { get; init; } = 6;

    /// <summary>
    /// How long sent data may stay unacknowledged, or a window closed (TCP_USER_TIMEOUT, RFC 5482; Linux). Default:
    /// 5 min. Linux counts a closed window too, so this must exceed the time that a stalled reader is given.
    /// </summary>
    public TimeSpan UserTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Unsent bytes above which the kernel takes no more (TCP_NOTSENT_LOWAT; Linux, macOS). Default: 16 KiB. It keeps
    /// what can still be conflated or dropped out of the kernel.
    /// </summary>
    public int NotSentLowWaterBytes { get; init; } = 16 << 10;
}
