using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Longwire.Transport;

/// <summary>An IP address with its port, or a Unix socket's peer, in 32 bytes and without an object.</summary>
public readonly struct PeerAddress : IEquatable<PeerAddress>
{
    private const ushort LinuxUnix = 1; // AF_UNIX, AF_INET, AF_INET6 of Linux
    private const ushort LinuxV4 = 2;
    private const ushort LinuxV6 = 10;

    private readonly ulong _high;
    private readonly ulong _low;
    private readonly uint _scope;
    private readonly ushort _port;
    private readonly Kind _kind;

    private PeerAddress(Kind kind, ulong high, ulong low, uint scope, int port)
    {
        _kind = kind;
        _high = high;
        _low = low;
        _scope = scope;
        _port = (ushort)port;
    }

    private enum Kind : byte
    {
        Unknown,
        V4,
        V6,
        Unix,
    }

    /// <summary>The port; 0 for a Unix socket.</summary>
    public int Port => _port;

    /// <summary>True for IP addresses.</summary>
    public bool IsIP => _kind is Kind.V4 or Kind.V6;

    /// <summary>The same address with port 0: the key for per-address limits.</summary>
    public PeerAddress WithoutPort() => new(_kind, _high, _low, _scope, 0);

    /// <summary>Converts a framework end point; an IPv4 address mapped into IPv6 becomes IPv4.</summary>
    public static PeerAddress From(EndPoint? endPoint)
    {
        if (endPoint is UnixDomainSocketEndPoint)
            return new(Kind.Unix, 0, 0, 0, 0);
        if (endPoint is not IPEndPoint ip)
            return default;
        Span<byte> bytes = stackalloc byte[16];
        ip.Address.TryWriteBytes(bytes, out int length);
        return length == 4
            ? new(Kind.V4, 0, BinaryPrimitives.ReadUInt32BigEndian(bytes), 0, ip.Port)
            : FromV6(bytes, (uint)ip.Address.ScopeId, ip.Port);
    }

    /// <summary>The framework's form.</summary>
    public EndPoint ToEndPoint()
    {
        if (_kind == Kind.V4)
        {
            Span<byte> four = stackalloc byte[4];
            BinaryPrimitives.WriteUInt32BigEndian(four, (uint)_low);
            return new IPEndPoint(new IPAddress(four), _port);
        }
        if (_kind != Kind.V6)
            return new UnixDomainSocketEndPoint("peer");
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, _high);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], _low);
        return new IPEndPoint(new IPAddress(bytes, _scope), _port);
    }

    /// <inheritdoc/>
    public bool Equals(PeerAddress other) =>
        _kind == other._kind && _high == other._high && _low == other._low && _scope == other._scope
        && _port == other._port;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is PeerAddress other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_kind, _high, _low, _scope, _port);

    /// <inheritdoc/>
    public override string ToString() => _kind switch
    {
        Kind.Unknown => "unknown",
        Kind.Unix => "unix",
        _ => ToEndPoint().ToString()!,
    };

    /// <summary>Equality.</summary>
    public static bool operator ==(PeerAddress left, PeerAddress right) => left.Equals(right);

    /// <summary>Inequality.</summary>
    public static bool operator !=(PeerAddress left, PeerAddress right) => !left.Equals(right);

    /// <summary>Reads a Linux <c>sockaddr</c>.</summary>
    internal static PeerAddress FromLinux(ReadOnlySpan<byte> sockaddr)
    {
        if (sockaddr.Length < 2)
            return default;
        int port = sockaddr.Length >= 4 ? BinaryPrimitives.ReadUInt16BigEndian(sockaddr[2..]) : 0;
        return BitConverter.ToUInt16(sockaddr) switch
        {
            LinuxV4 when sockaddr.Length >= 8
                => new(Kind.V4, 0, BinaryPrimitives.ReadUInt32BigEndian(sockaddr[4..]), 0, port),
            LinuxV6 when sockaddr.Length >= 28 => FromV6(sockaddr[8..24], BitConverter.ToUInt32(sockaddr[24..]), port),
            LinuxUnix => new(Kind.Unix, 0, 0, 0, 0),
            _ => default,
        };
    }

    private static PeerAddress FromV6(ReadOnlySpan<byte> bytes, uint scope, int port)
    {
        ulong high = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        ulong low = BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
        return high == 0 && low >> 32 == 0xFFFF
            ? new(Kind.V4, 0, (uint)low, 0, port)
            : new(Kind.V6, high, low, scope, port);
    }
}
