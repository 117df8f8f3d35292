using System.Net.Sockets;

namespace Longwire.Transport;

/// <summary>Applies <see cref="TcpOptions"/>; an option that the system does not know is left out.</summary>
internal static class SocketTuning
{
    private const int LinuxTcpLevel = 6;
    private const int LinuxUserTimeout = 18; // TCP_USER_TIMEOUT, linux/tcp.h
    private const int LinuxNotSentLowWater = 25; // TCP_NOTSENT_LOWAT, linux/tcp.h
    private const int MacNotSentLowWater = 0x201; // TCP_NOTSENT_LOWAT, xnu netinet/tcp.h

    /// <summary>
    /// Address reuse on Unix, where it means "past TIME_WAIT"; exclusive use on Windows, where reuse means theft.
    /// </summary>
    internal static void PrepareListener(Socket socket, ListenOptions options)
    {
        if (OperatingSystem.IsWindows())
        {
            socket.ExclusiveAddressUse = true;
        }
        else
        {
            // Raw, because the framework's ReuseAddress sets SO_REUSEPORT as well: a second server would silently take
            // half of the first one's connections.
            (int level, int reuseAddress, int reusePort) = OperatingSystem.IsLinux() ? (1, 2, 15) : (0xFFFF, 4, 0x200);
            socket.SetRawSocketOption(level, reuseAddress, BitConverter.GetBytes(1));
            if (options.PortSharing == PortSharing.Shared)
                socket.SetRawSocketOption(level, reusePort, BitConverter.GetBytes(1));
        }
        Apply(socket, options.Tcp);
    }

    internal static void Apply(Socket socket, TcpOptions options)
    {
        socket.NoDelay = options.NoDelay;
        // Urgent bytes stay where they were sent: telnet's Synch is IAC DM with only the DM urgent (RFC 854).
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.OutOfBandInline, true);
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(
            SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, Seconds(options.KeepAliveIdle));
        socket.SetSocketOption(
            SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, Seconds(options.KeepAliveInterval));
        socket.SetSocketOption(
            SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, options.KeepAliveProbes);
        if (OperatingSystem.IsLinux())
        {
            int milliseconds = (int)options.UserTimeout.TotalMilliseconds;
            socket.SetRawSocketOption(LinuxTcpLevel, LinuxUserTimeout, BitConverter.GetBytes(milliseconds));
            socket.SetRawSocketOption(
                LinuxTcpLevel, LinuxNotSentLowWater, BitConverter.GetBytes(options.NotSentLowWaterBytes));
        }
        else if (OperatingSystem.IsMacOS())
        {
            socket.SetRawSocketOption(
                LinuxTcpLevel, MacNotSentLowWater, BitConverter.GetBytes(options.NotSentLowWaterBytes));
        }
    }

    private static int Seconds(TimeSpan time) => Math.Max(1, (int)time.TotalSeconds);
}
