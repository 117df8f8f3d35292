using Longwire.Primitives;
using Longwire.Samples.Devices;

namespace Longwire.Samples.Tests.Devices;

/// <summary>The sample's codec: what goes in comes out, however it was split on its way.</summary>
public sealed class DeviceFramesTests
{
    private static readonly byte[][] s_messages =
    [
        DeviceMessage.Write(DeviceMessageType.LogIn, text: "device-1 key"),
        DeviceMessage.Write(DeviceMessageType.Ping),
        DeviceMessage.Write(DeviceMessageType.Answer, uint.MaxValue, "21,5 °C"),
    ];

    [Fact]
    public void Messages_come_out_whole_under_every_split()
    {
        byte[] stream = [.. s_messages.SelectMany(Encode)];
        Assert.Equal(s_messages, Decode(stream.Chunk(1)));
        for (int at = 0; at <= stream.Length; at++)
            Assert.Equal(s_messages, Decode([stream[..at], stream[at..]]));
    }

    [Fact]
    public void A_message_reads_as_it_was_written()
    {
        var message = new DeviceMessage(s_messages[2]);
        Assert.Equal(DeviceMessageType.Answer, message.Type);
        Assert.Equal(uint.MaxValue, message.Id);
        Assert.Equal("21,5 °C", message.Text);
    }

    [Theory]
    [InlineData(new byte[] { 0, 4, 1 }, FrameError.Malformed)] // too short for an id
    [InlineData(new byte[] { 0, 5, 0 }, FrameError.Malformed)] // no such type
    [InlineData(new byte[] { 0, 5, 7 }, FrameError.Malformed)]
    [InlineData(new byte[] { 0x10, 1, 1 }, FrameError.TooLarge)] // 4,097 bytes
    public void What_is_wrong_is_found_at_the_third_byte(byte[] stream, FrameError error)
    {
        using FrameDecoder decoder = DeviceFrames.Codec.CreateDecoder(new SlabPool());
        ReadOnlySpan<byte> input = stream.AsSpan(0, 2);
        Assert.Equal(DecodeStatus.NeedMore, decoder.Decode(ref input, out _));
        input = stream.AsSpan(2);
        Assert.Equal(DecodeStatus.Invalid, decoder.Decode(ref input, out _));
        Assert.Equal(error, decoder.Error);
    }

    [Theory]
    [InlineData(new byte[0], FrameError.Malformed)]
    [InlineData(new byte[] { 1, 0, 0, 0 }, FrameError.Malformed)]
    [InlineData(new byte[] { 9, 0, 0, 0, 0 }, FrameError.Malformed)]
    public void What_would_not_come_out_does_not_go_in(byte[] payload, FrameError error)
    {
        Assert.Equal(error, DeviceFrames.Codec.TryEncode(payload, new byte[100], out int written));
        Assert.Equal(0, written);
    }

    [Fact]
    public void The_longest_message_has_4096_bytes()
    {
        string text = new('x', DeviceFrames.Codec.MaxFrameBytes - DeviceMessage.HeaderBytes);
        byte[] longest = DeviceMessage.Write(DeviceMessageType.Command, 1, text);
        Assert.Equal([longest], Decode([Encode(longest)]));
        byte[] longer = DeviceMessage.Write(DeviceMessageType.Command, 1, text + "x");
        Assert.Equal(FrameError.TooLarge, DeviceFrames.Codec.TryEncode(longer, new byte[5000], out _));
    }

    private static byte[] Encode(byte[] message)
    {
        byte[] frame = new byte[DeviceFrames.Codec.GetEncodedLength(message)];
        Assert.Equal(FrameError.None, DeviceFrames.Codec.TryEncode(message, frame, out int written));
        Assert.Equal(frame.Length, written);
        return frame;
    }

    private static List<byte[]> Decode(IEnumerable<byte[]> parts)
    {
        var pool = new SlabPool();
        var messages = new List<byte[]>();
        using (FrameDecoder decoder = DeviceFrames.Codec.CreateDecoder(pool))
        {
            foreach (byte[] part in parts)
            {
                ReadOnlySpan<byte> input = part;
                while (decoder.Decode(ref input, out ReadOnlySpan<byte> frame) == DecodeStatus.Frame)
                    messages.Add(frame.ToArray());
                Assert.True(input.IsEmpty);
            }
            Assert.Equal(DecodeStatus.NeedMore, decoder.EndOfStream());
        }
        Assert.Equal(0, pool.Snapshot().Leases);
        return messages;
    }
}
