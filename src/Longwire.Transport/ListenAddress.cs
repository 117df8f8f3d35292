using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Longwire.Transport.Epoll;

namespace Longwire.Transport;

/// <summary>Where to listen, as people write it: <c>tcp://127.0.0.1:7000</c>, <c>127.0.0.1:7000</c>, <c>:7000</c>,
/// <c>tcp://[::1]:7000</c>, <c>tcp://*:7000</c> or <c>unix:///run/app.sock</c>.</summary>
/// <remarks>
/// <c>*</c> is every address, IPv6 and IPv4 on one socket where the system can; <c>0.0.0.0</c> and <c>[::]</c> are one
/// family. A missing host is loopback: nothing is opened to the network by omission. Port 0 lets the system choose.
/// </remarks>
public sealed class ListenAddress
{
    private readonly bool _dual;

    private ListenAddress(EndPoint endPoint, bool dual)
    {
        EndPoint = endPoint;
        _dual = dual;
    }

    /// <summary>The address to bind.</summary>
    public EndPoint EndPoint { get; }

    /// <summary>Reads an address.</summary>
    /// <exception cref="FormatException">The text is no address; the message says what is wrong and shows a right
    /// one.</exception>
    public static ListenAddress Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.StartsWith("unix://", StringComparison.Ordinal))
        {
            string path = text["unix://".Length..];
            return Encoding.UTF8.GetByteCount(path) is > 0 and <= 107 // sun_path holds 108 bytes with its NUL, unix(7)
                ? new(new UnixDomainSocketEndPoint(path), dual: false)
                : throw Bad(text, "a Unix socket needs a path of 1 to 107 bytes, as in unix:///run/longwire.sock");
        }
        string rest = text.StartsWith("tcp://", StringComparison.Ordinal) ? text["tcp://".Length..] : text;
        int colon = rest.LastIndexOf(':');
        if (colon < 0 || rest.Contains("://", StringComparison.Ordinal))
            throw Bad(text, "write HOST:PORT, as in tcp://127.0.0.1:2323");
        if (!ushort.TryParse(rest.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port))
            throw Bad(text, $"the port '{rest[(colon + 1)..]}' is not a number from 0 to 65535");
        string host = rest[..colon];
        if (host is "*")
            return new(new IPEndPoint(IPAddress.IPv6Any, port), dual: true);
        if (host is "" or "localhost")
            return new(new IPEndPoint(IPAddress.Loopback, port), dual: false);
        string bare = host.StartsWith('[') && host.EndsWith(']') ? host[1..^1] : host;
        return IPAddress.TryParse(bare, out IPAddress? address)
            && (address.AddressFamily == AddressFamily.InterNetworkV6) == (bare != host)
            && (bare != host || address.ToString() == host) // "1" and "010.0.0.1" are addresses to the system as well
            ? new(new IPEndPoint(address, port), dual: false)
            : throw Bad(text, $"the host '{host}' is no IP address; write 127.0.0.1, [::1], * or localhost");
    }

    /// <summary>Makes a bound, listening socket.</summary>
    /// <exception cref="SocketException">The system refused; <see cref="SocketException.SocketErrorCode"/> says
    /// why.</exception>
    public Socket Bind(ListenOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        bool dual = _dual && Socket.OSSupportsIPv6;
        EndPoint endPoint = _dual && !dual ? new IPEndPoint(IPAddress.Any, ((IPEndPoint)EndPoint).Port) : EndPoint;
        bool unix = endPoint is UnixDomainSocketEndPoint;
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, unix ? ProtocolType.IP : ProtocolType.Tcp);
        try
        {
            if (endPoint.AddressFamily == AddressFamily.InterNetworkV6)
                socket.DualMode = dual;
            if (!unix)
                SocketTuning.PrepareListener(socket, options);
            else
                RemoveStale(endPoint.ToString()!);
            socket.Blocking = false;
            socket.Bind(endPoint);
            socket.Listen(options.Backlog);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override string ToString() => Format(EndPoint, _dual);

    /// <summary>The address of a bound socket in the same notation.</summary>
    public static string Format(EndPoint endPoint) => Format(endPoint, dual: false);

    private static string Format(EndPoint endPoint, bool dual) => endPoint switch
    {
        UnixDomainSocketEndPoint => $"unix://{endPoint}",
        IPEndPoint ip when dual => $"tcp://*:{ip.Port}",
        _ => $"tcp://{endPoint}",
    };

    /// <summary>Gives an address back: closes the socket, and deletes its file if it has one.</summary>
    public static void Unbind(Socket socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        string? file = socket.LocalEndPoint is UnixDomainSocketEndPoint unix ? unix.ToString() : null;
        socket.Dispose();
        if (file is not null)
            File.Delete(file);
    }

    /// <summary>A socket file that nobody listens on any more is a leftover of a crash; a live one stays.</summary>
    private static void RemoveStale(string path)
    {
        // A connect to a file of another kind is "refused" as well, and that file is somebody's.
        if (!IsSocketFile(path))
            return;
        // Not blocking: a live listener whose backlog is full would otherwise hold us for as long as it is busy.
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.IP) { Blocking = false };
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionRefused)
        {
            File.Delete(path);
        }
        catch (SocketException)
        {
            return; // busy or not ours to ask: it lives, and the bind that follows says "in use"
        }
    }

    private static bool IsSocketFile(string path)
    {
        if (OperatingSystem.IsLinux())
            return Native.IsSocketFile(path);
        return File.Exists(path) && new FileInfo(path).Length == 0; // no portable way to ask for the kind
    }

    private static FormatException Bad(string text, string why) => new($"'{text}' is no listen address: {why}.");
}
