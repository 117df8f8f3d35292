using System.Buffers.Binary;
using System.Net;
using System.Text;
using Longwire.Primitives;

namespace Longwire.Fuzz;

/// <summary>
/// PROXY headers as frames, so that their decoder is fuzzed like any other: the payload is the client's address as
/// text, <c>192.0.2.1:56324</c>, or <c>-</c> where a header names none. In which form it is written was drawn with the
/// payload.
/// </summary>
internal sealed class ProxyCodec : Codec
{
    private static readonly string[] s_without =
        ["PROXY UNKNOWN\r\n", "PROXY UNKNOWN ffff:f:: \r 65535\r\n", "PROXY UNKNOWN \n\n\r\n"];

    private int _form;

    public override int MaxFrameBytes => 64;

    public override FrameDecoder CreateDecoder(SlabPool pool) => new Decoder(pool);

    public override int GetEncodedLength(ReadOnlySpan<byte> payload) => Encode(payload).Length;

    public override FrameError TryEncode(ReadOnlySpan<byte> payload, Span<byte> destination, out int written)
    {
        byte[] header = Encode(payload);
        header.CopyTo(destination);
        written = header.Length;
        return FrameError.None;
    }

    internal byte[] MakePayload(ref FuzzRandom random)
    {
        _form = random.Next(8);
        if (random.Next(4) == 0)
            return "-"u8.ToArray();
        byte[] address = new byte[random.Next(2) == 0 ? 4 : 16];
        for (int i = 0; i < address.Length; i++)
            address[i] = random.Next(3) == 0 ? (byte)random.Next(256) : (byte)0;
        return Encoding.ASCII.GetBytes(new IPEndPoint(new IPAddress(address), random.Next(65_536)).ToString());
    }

    private byte[] Encode(ReadOnlySpan<byte> payload)
    {
        string text = Encoding.ASCII.GetString(payload);
        if (text == "-")
            return _form < s_without.Length ? Encoding.Latin1.GetBytes(s_without[_form]) : Other(_form);
        IPEndPoint source = IPEndPoint.Parse(text);
        bool isV6 = source.Address.GetAddressBytes().Length == 16;
        string other = isV6 ? "2001:DB8::1" : "198.51.100.1";
        if (_form % 2 == 0)
        {
            string line = $"PROXY TCP{(isV6 ? 6 : 4)} {source.Address} {other} {source.Port} 443\r\n";
            return Encoding.ASCII.GetBytes(line);
        }
        byte[] port = new byte[4];
        BinaryPrimitives.WriteUInt16BigEndian(port, (ushort)source.Port);
        byte[] addresses = [.. source.Address.GetAddressBytes(), .. IPAddress.Parse(other).GetAddressBytes(), .. port];
        return Block(0x21, isV6 ? (byte)0x21 : (byte)0x11, [.. addresses, .. Fields(_form)]);
    }

    /// <summary>Binary headers without a client's address.</summary>
    private static byte[] Other(int form) => form switch
    {
        3 => Block(0x20, 0, []),
        4 => Block(0x20, 0xFF, [1, 2, 3]),
        5 => Block(0x21, 0, [1, 2]),
        6 => Block(0x21, 0x32, [.. new byte[216], .. Fields(6)]),
        _ => Block(0x21, 0x12, [.. new byte[12], .. Fields(2)]),
    };

    private static byte[] Fields(int form) => form switch
    {
        < 2 => [],
        < 4 => [4, 0, 2, 9, 9],
        < 6 => [3, 0, 4, 0, 0, 0, 0],
        _ => [0xE0, 0, 0, 3, 0, 4, 0, 0, 0, 0, 4, 0, 1, 7],
    };

    private static byte[] Block(byte command, byte family, byte[] rest)
    {
        byte[] block =
            [.. "\r\n\r\n\0\r\nQUIT\n"u8, command, family, (byte)(rest.Length >> 8), (byte)rest.Length, .. rest];
        int checksum = NaiveProxy.FindChecksum(block);
        if (checksum > 0)
            BinaryPrimitives.WriteUInt32BigEndian(block.AsSpan(checksum), NaiveProxy.Crc32C(block));
        return block;
    }

    /// <summary>The real decoder; its frames are replaced by what they say.</summary>
    private sealed class Decoder(SlabPool pool) : FrameDecoder
    {
        private readonly ProxyHeaderDecoder _inner = new(pool);

        public override bool IsMidFrame => _inner.IsMidFrame;

        public override DecodeStatus Decode(ref ReadOnlySpan<byte> input, out ReadOnlySpan<byte> frame)
        {
            frame = default;
            if (HasFailed)
                return DecodeStatus.Invalid;
            int missing = _inner.Missing;
            int had = input.Length;
            DecodeStatus status = _inner.Decode(ref input, out frame);
            Error = _inner.Error;
            if (status == DecodeStatus.Invalid)
                return Fail(_inner.Error);
            if (status != DecodeStatus.Frame)
                return status;
            if (had - input.Length < missing)
                throw new InvalidOperationException($"{missing} bytes were missing, and {had - input.Length} sufficed");
            frame = Encoding.ASCII.GetBytes(_inner.Source?.ToString() ?? "-");
            return status;
        }

        protected override void ReleaseBuffer() => _inner.Dispose();
    }
}
