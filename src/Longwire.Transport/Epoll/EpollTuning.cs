using System.Runtime.Versioning;

namespace Longwire.Transport.Epoll;

/// <summary>
/// Applies <see cref="TcpOptions"/> to a raw descriptor that was dialled; accepted ones inherit from the listener.
/// </summary>
[SupportedOSPlatform("linux")]
internal static unsafe class EpollTuning
{
    private const int TCP_NODELAY = 1;
    private const int TCP_KEEPIDLE = 4;
    private const int TCP_KEEPINTVL = 5;
    private const int TCP_KEEPCNT = 6;
    private const int TCP_USER_TIMEOUT = 18;
    private const int TCP_NOTSENT_LOWAT = 25;
    private const int SO_KEEPALIVE = 9;
    private const int SO_OOBINLINE = 10;

    internal static void Apply(int descriptor, TcpOptions options)
    {
        Set(descriptor, Native.SOL_SOCKET, SO_KEEPALIVE, 1);
        // Urgent bytes stay where they were sent: telnet's Synch is IAC DM with only the DM urgent (RFC 854).
        Set(descriptor, Native.SOL_SOCKET, SO_OOBINLINE, 1);
        Set(descriptor, Native.IPPROTO_TCP, TCP_NODELAY, options.NoDelay ? 1 : 0);
        Set(descriptor, Native.IPPROTO_TCP, TCP_KEEPIDLE, Seconds(options.KeepAliveIdle));
        Set(descriptor, Native.IPPROTO_TCP, TCP_KEEPINTVL, Seconds(options.KeepAliveInterval));
        Set(descriptor, Native.IPPROTO_TCP, TCP_KEEPCNT, options.KeepAliveProbes);
        Set(descriptor, Native.IPPROTO_TCP, TCP_USER_TIMEOUT, (int)options.UserTimeout.TotalMilliseconds);
        Set(descriptor, Native.IPPROTO_TCP, TCP_NOTSENT_LOWAT, options.NotSentLowWaterBytes);
    }

    /// <summary>The kernel counts whole seconds and refuses none at all.</summary>
    private static int Seconds(TimeSpan time) => Math.Max(1, (int)time.TotalSeconds);

    /// <summary>A refused option leaves the system's default; the connection works without it.</summary>
    private static void Set(int descriptor, int level, int name, int value) =>
        _ = Native.setsockopt(descriptor, level, name, &value, sizeof(int));
}
