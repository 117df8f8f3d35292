using System.Buffers.Binary;
using System.Text;
using Longwire.Primitives;

namespace Longwire.Samples.Devices;

/// <summary>What a message is; anything else ends the connection at its third byte.</summary>
internal enum DeviceMessageType : byte
{
    /// <summary>Device: the text is its name, a blank and its key.</summary>
    LogIn = 1,

    /// <summary>Server: the login is accepted.</summary>
    Welcome = 2,

    /// <summary>Server: the text is to be carried out and answered under the same id.</summary>
    Command = 3,

    /// <summary>Device: the answer.</summary>
    Answer = 4,

    /// <summary>Server: nothing to do; it keeps the connection alive.</summary>
    Ping = 5,

    /// <summary>Server: the text says why the connection ends now.</summary>
    Goodbye = 6,
}

/// <summary>A framing of our own: the length of what follows, a type, an id and a text.</summary>
/// <remarks>
/// <code>
/// +--------+------+--------+-----------+
/// | length | type | id     | text      |     numbers are big-endian, the text is UTF-8;
/// | 2      | 1    | 4      | (rest)    |     the length counts type, id and text
/// +--------+------+--------+-----------+
/// </code>
/// A payload, to Longwire, is all behind the length. <see cref="DeviceMessage"/> reads and writes it.
/// </remarks>
internal sealed class DeviceFrames : Codec
{
    /// <summary>Both ends are made with it; it keeps nothing.</summary>
    public static readonly DeviceFrames Codec = new();

    private const int LengthBytes = 2;

    private DeviceFrames()
    {
    }

    public override int MaxFrameBytes => 4096;

    public override FrameDecoder CreateDecoder(SlabPool pool) => new Decoder(pool);

    public override int GetEncodedLength(ReadOnlySpan<byte> payload) => LengthBytes + payload.Length;

    public override FrameError TryEncode(ReadOnlySpan<byte> payload, Span<byte> destination, out int written)
    {
        written = 0;
        FrameError error = Check(payload.Length, payload.IsEmpty ? default : payload[0]);
        if (error != FrameError.None)
            return error;
        BinaryPrimitives.WriteUInt16BigEndian(destination, (ushort)payload.Length);
        payload.CopyTo(destination[LengthBytes..]);
        written = LengthBytes + payload.Length;
        return FrameError.None;
    }

    private static FrameError Check(int length, byte type)
    {
        if (length > Codec.MaxFrameBytes)
            return FrameError.TooLarge;
        bool isKnown = length >= DeviceMessage.HeaderBytes && Enum.IsDefined((DeviceMessageType)type);
        return isKnown ? FrameError.None : FrameError.Malformed;
    }

    private sealed class Decoder(SlabPool pool) : BufferedDecoder(pool)
    {
        protected override DecodeStatus DecodeNext(ref ReadOnlySpan<byte> input, out ReadOnlySpan<byte> frame)
        {
            frame = default;
            if (!TryPeek(LengthBytes + 1, ref input, out ReadOnlySpan<byte> head))
                return DecodeStatus.NeedMore;
            int length = BinaryPrimitives.ReadUInt16BigEndian(head);
            FrameError error = Check(length, type: head[LengthBytes]);
            if (error != FrameError.None)
                return Fail(error); // before a byte of it is collected
            if (!TryTake(LengthBytes + length, ref input, out ReadOnlySpan<byte> whole))
                return DecodeStatus.NeedMore;
            frame = whole[LengthBytes..];
            return DecodeStatus.Frame;
        }
    }
}

/// <summary>One message, as the codec hands it out: its type, its id and its text.</summary>
internal readonly ref struct DeviceMessage
{
    /// <summary>Bytes before the text.</summary>
    public const int HeaderBytes = 5;

    private readonly ReadOnlySpan<byte> _payload;

    /// <summary>Reads a payload that the codec has let through.</summary>
    public DeviceMessage(ReadOnlySpan<byte> payload) => _payload = payload;

    public DeviceMessageType Type => (DeviceMessageType)_payload[0];

    /// <summary>What ties an answer to its command; 0 in all other messages.</summary>
    public uint Id => BinaryPrimitives.ReadUInt32BigEndian(_payload[1..]);

    public string Text => Encoding.UTF8.GetString(_payload[HeaderBytes..]);

    /// <summary>Writes a payload.</summary>
    public static byte[] Write(DeviceMessageType type, uint id = 0, string text = "")
    {
        byte[] payload = new byte[HeaderBytes + Encoding.UTF8.GetByteCount(text)];
        payload[0] = (byte)type;
        BinaryPrimitives.WriteUInt32BigEndian(payload.AsSpan(1), id);
        Encoding.UTF8.GetBytes(text, payload.AsSpan(HeaderBytes));
        return payload;
    }
}
