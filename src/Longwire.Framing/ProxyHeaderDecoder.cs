using System.Buffers.Binary;
using System.Net;
using Longwire.Primitives;

namespace Longwire;

/// <summary>
/// Reads the header of the PROXY protocol, versions 1 and 2: who the client of a balancer is, said by the balancer
/// ahead of the client's bytes (HAProxy's <c>proxy-protocol.txt</c>).
/// </summary>
/// <remarks>
/// Owner: whoever accepted the connection. Concurrency: its loop only. Bound: 107 bytes of text or <see
/// cref="MaxHeaderBytes"/> of a binary header; more is <see cref="FrameError.TooLarge"/>.
/// <para>One header is one frame, with its raw bytes; <see cref="Source"/> is what it says. Whoever reads at most <see
/// cref="Missing"/> bytes at a time takes exactly the header from the stream, so that what follows – a TLS handshake,
/// say – stays with the kernel for the next reader. Bytes that cannot become a header are refused at the first
/// one.</para>
/// <para>Additional fields (TLVs) are skipped, but their lengths must add up and a checksum must be right.</para>
/// </remarks>
/// <param name="pool">Where a header that arrives in parts gets its buffer from.</param>
public sealed class ProxyHeaderDecoder(SlabPool pool) : BufferedDecoder(pool)
{
    /// <summary>
    /// Most bytes of a binary header: 4 KiB. Addresses take 52; the rest is for fields, of which those of a TLS client
    /// take a few hundred.
    /// </summary>
    public const int MaxHeaderBytes = 4096;

    private const int ShortestHeader = 15; // "PROXY UNKNOWN" with CR LF
    private const int LongestLine = 107; // section 2.1
    private const int FixedPart = 16; // signature, version and command, family and transport, length

    private bool _isText;
    private bool _endsInCr;
    private int _announced = FixedPart; // bytes of the binary header, as far as they are known

    /// <summary>
    /// The client's address, once the header is complete. Null when the header names none that counts: the balancer
    /// speaks for itself (LOCAL), or the client is no TCP client (UNKNOWN, UNSPEC, a datagram or Unix socket).
    /// </summary>
    public IPEndPoint? Source { get; private set; }

    /// <summary>
    /// Bytes that certainly belong to the header and have not come yet; at least 1 until it is complete.
    /// </summary>
    public int Missing => Held < ShortestHeader
        ? ShortestHeader - Held
        : !_isText ? _announced - Held : _endsInCr ? 1 : 2;

    private static ReadOnlySpan<byte> TextSignature => "PROXY "u8;

    private static ReadOnlySpan<byte> BinarySignature => "\r\n\r\n\0\r\nQUIT\n"u8;

    /// <inheritdoc/>
    protected override DecodeStatus DecodeNext(ref ReadOnlySpan<byte> input, out ReadOnlySpan<byte> frame)
    {
        frame = default;
        if (input.IsEmpty)
            return DecodeStatus.NeedMore;
        if (Held == 0)
            _isText = input[0] == TextSignature[0];
        ReadOnlySpan<byte> signature = _isText ? TextSignature : BinarySignature;
        ReadOnlySpan<byte> expected = signature[Math.Min(Held, signature.Length)..];
        int seen = Math.Min(expected.Length, input.Length);
        if (!input[..seen].SequenceEqual(expected[..seen]))
            return Fail(FrameError.Malformed);
        return _isText ? NextLine(ref input, out frame) : NextBlock(ref input, out frame);
    }

    /// <summary>Version 1: the line must end within its first 107 bytes.</summary>
    private DecodeStatus NextLine(ref ReadOnlySpan<byte> input, out ReadOnlySpan<byte> frame)
    {
        frame = default;
        int most = Math.Min(input.Length, LongestLine - Held);
        for (int i = 0; i < most; i++)
        {
            if (_endsInCr && input[i] == '\n')
            {
                if (!TryTake(Held + i + 1, ref input, out frame))
                    return DecodeStatus.NeedMore;
                return ProxyLine.TryParse(frame[..^2], out IPEndPoint? source) ? Complete(source) : Malformed();
            }
            _endsInCr = input[i] == '\r';
        }
        return Held + most == LongestLine ? Fail(FrameError.TooLarge) : Hold(ref input);
    }

    /// <summary>Version 2: the length is checked before the rest is waited for.</summary>
    private DecodeStatus NextBlock(ref ReadOnlySpan<byte> input, out ReadOnlySpan<byte> frame)
    {
        frame = default;
        if (_announced == FixedPart)
        {
            if (!TryPeek(FixedPart, ref input, out ReadOnlySpan<byte> start))
                return DecodeStatus.NeedMore;
            if (!ProxyBlock.IsKnown(start))
                return Malformed();
            int announced = FixedPart + BinaryPrimitives.ReadUInt16BigEndian(start[(FixedPart - 2)..]);
            if (announced > MaxHeaderBytes)
                return Fail(FrameError.TooLarge);
            if (announced < FixedPart + ProxyBlock.AddressBytes(start))
                return Malformed();
            _announced = announced;
        }
        if (!TryTake(_announced, ref input, out frame))
            return DecodeStatus.NeedMore;
        return ProxyBlock.TryParse(frame, out IPEndPoint? source) ? Complete(source) : Malformed();
    }

    private DecodeStatus Complete(IPEndPoint? source)
    {
        Source = source;
        _announced = FixedPart;
        _endsInCr = false;
        return DecodeStatus.Frame;
    }

    private DecodeStatus Malformed() => Fail(FrameError.Malformed);
}
