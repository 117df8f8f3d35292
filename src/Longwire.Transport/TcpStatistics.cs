using System.Runtime.InteropServices;

namespace Longwire.Transport;

/// <summary>What the kernel knows about a connection (Linux: TCP_INFO, tcp(7)).</summary>
/// <param name="RoundTrip">Smoothed round-trip time.</param>
/// <param name="UnacknowledgedBytes">Bytes sent and not yet acknowledged.</param>
/// <param name="UnsentBytes">Bytes in the kernel that were not sent yet.</param>
/// <param name="AcknowledgedBytes">Bytes acknowledged since the connection began.</param>
/// <param name="SinceLastAcknowledgement">Time since the last acknowledgement of any kind arrived.</param>
public readonly record struct TcpStatistics(
    TimeSpan RoundTrip,
    long UnacknowledgedBytes,
    long UnsentBytes,
    long AcknowledgedBytes,
    TimeSpan SinceLastAcknowledgement)
{
    internal const int LinuxStructBytes = 216; // up to and with tcpi_bytes_retrans (Linux 4.19)

    /// <summary>Reads Linux's <c>struct tcp_info</c>; false for a kernel too old to count bytes.</summary>
    internal static bool TryParseLinux(ReadOnlySpan<byte> info, out TcpStatistics statistics)
    {
        statistics = default;
        if (info.Length < LinuxStructBytes)
            return false;
        // Offsets of include/uapi/linux/tcp.h.
        uint lastAckMilliseconds = MemoryMarshal.Read<uint>(info[56..]);
        uint roundTripMicroseconds = MemoryMarshal.Read<uint>(info[68..]);
        long acknowledged = MemoryMarshal.Read<long>(info[120..]);
        uint notSent = MemoryMarshal.Read<uint>(info[144..]);
        long sent = MemoryMarshal.Read<long>(info[200..]);
        long retransmitted = MemoryMarshal.Read<long>(info[208..]);
        statistics = new(
            TimeSpan.FromMicroseconds(roundTripMicroseconds),
            Math.Max(0, sent - retransmitted - acknowledged),
            notSent,
            acknowledged,
            TimeSpan.FromMilliseconds(lastAckMilliseconds));
        return true;
    }
}
