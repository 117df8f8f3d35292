using System.Buffers.Binary;
using System.Net;
using System.Numerics;

namespace Longwire;

/// <summary>A PROXY header of version 2: 16 fixed bytes, addresses, and fields of type, length and value.</summary>
internal static class ProxyBlock
{
    private const int VersionAndCommand = 12; // where they are
    private const int FamilyAndTransport = 13;
    private const int Addresses = 16;
    private const int TcpV4 = 0x11;
    private const int TcpV6 = 0x21;
    private const int FieldHeader = 3; // type, and two bytes of length
    private const byte ChecksumField = 0x03; // PP2_TYPE_CRC32C

    /// <summary>Version, command, family and transport are ones that the specification has.</summary>
    internal static bool IsKnown(ReadOnlySpan<byte> start) =>
        start[VersionAndCommand] is 0x20 or 0x21
        && (IsLocal(start) || (start[FamilyAndTransport] >> 4 <= 3 && (start[FamilyAndTransport] & 15) <= 2));

    /// <summary>Least bytes that must follow the fixed ones.</summary>
    /// <remarks>Without a known family it is unknown where addresses end; all that is announced is skipped.</remarks>
    internal static int AddressBytes(ReadOnlySpan<byte> start)
    {
        bool hasNone = IsLocal(start) || (start[FamilyAndTransport] & 15) == 0;
        return hasNone ? 0 : (start[FamilyAndTransport] >> 4) switch { 1 => 12, 2 => 36, 3 => 216, _ => 0 };
    }

    /// <summary>Reads a complete header; false when a field is cut off or the checksum is wrong.</summary>
    internal static bool TryParse(ReadOnlySpan<byte> header, out IPEndPoint? source)
    {
        source = null;
        int addresses = AddressBytes(header);
        if (addresses == 0)
            return true;
        if (!CheckFields(header, Addresses + addresses))
            return false;
        int bytes = header[FamilyAndTransport] switch { TcpV4 => 4, TcpV6 => 16, _ => 0 };
        if (bytes > 0)
        {
            int port = BinaryPrimitives.ReadUInt16BigEndian(header[(Addresses + (2 * bytes))..]);
            source = new IPEndPoint(new IPAddress(header.Slice(Addresses, bytes)), port);
        }
        return true;
    }

    private static bool IsLocal(ReadOnlySpan<byte> start) => start[VersionAndCommand] == 0x20;

    private static bool CheckFields(ReadOnlySpan<byte> header, int at)
    {
        while (at < header.Length)
        {
            if (header.Length - at < FieldHeader)
                return false;
            byte type = header[at];
            int length = BinaryPrimitives.ReadUInt16BigEndian(header[(at + 1)..]);
            at += FieldHeader;
            if (header.Length - at < length)
                return false;
            if (type == ChecksumField && !(length == sizeof(uint) && IsChecksumRight(header, at)))
                return false;
            at += length;
        }
        return true;
    }

    /// <summary>
    /// CRC-32C over the whole header with the checksum as zeros (section 2.2.3; RFC 4960, appendix B).
    /// </summary>
    private static bool IsChecksumRight(ReadOnlySpan<byte> header, int at)
    {
        uint crc = uint.MaxValue;
        for (int i = 0; i < header.Length; i++)
            crc = BitOperations.Crc32C(crc, i >= at && i < at + sizeof(uint) ? (byte)0 : header[i]);
        return ~crc == BinaryPrimitives.ReadUInt32BigEndian(header[at..]);
    }
}
