using System.IO.Compression;
using CsCheck;
using Longwire.Primitives;

namespace Longwire.ServerTests;

/// <summary>
/// Blocks that many share, between blocks that one connection gets, in any order: every inflater reads them right.
/// </summary>
public sealed class DeflatedCodecTests
{
    private const int MaxFrame = 200_000;
    private const string Text = "{\"value\":0123456789} ";

    private static readonly string s_python =
        "import sys, zlib\n"
        + "data = sys.stdin.buffer.read()\n"
        + "step = int(sys.argv[1])\n"
        + "d = zlib.decompressobj(wbits=-15)\n"
        + "out = b''.join(d.decompress(data[i:i + step]) for i in range(0, len(data), step))\n"
        + "assert not d.eof and not d.unused_data\n"
        + "sys.stdout.buffer.write(out)\n";

    private static readonly int[] s_borders = [65_530, 65_531, 65_532, 131_066, 131_067];

    /// <summary>Text that compresses, noise that does not, and the borders of stored blocks.</summary>
    private static readonly Gen<byte[]> s_payload = Gen.Frequency(
        (8, Gen.Char['a', 'e'].Array[0, 300].Select(static text => text.Select(static c => (byte)c).ToArray())),
        (3, Gen.Byte.Array[0, 300]),
        (1, Gen.Int[0, 4].Select(static i => Noise(s_borders[i]))),
        (1, Gen.Int[1000, 150_000].Select(Repeated)));

    [Fact]
    public void Arbitrary_interleavings_inflate_to_the_right_bytes() =>
        Gen.Select(s_payload.Array[1, 5], Gen.Select(Gen.Int[-1, 4], s_payload).Array[1, 20], Gen.Int[1, 300])
            .Sample(static (shared, order, min) => CheckInterleaving(shared, order, min), iter: 200);

    [Fact]
    public async Task Python_s_zlib_agrees()
    {
        var codec = new DeflatedCodec(LengthPrefix.BigEndian32(MaxFrame), new DeflateOptions { MinBytes = 40 });
        var random = new Random(20);
        byte[] shared = Encode(codec, Repeated(3000));
        var stream = new MemoryStream();
        var expected = new MemoryStream();
        for (int i = 0; i < 300; i++)
        {
            byte[] own = i % 50 == 0 ? Noise(65_000 + i) : Repeated(random.Next(500));
            stream.Write(shared);
            Plain(expected, Repeated(3000));
            stream.Write(Encode(codec, own));
            Plain(expected, own);
        }
        foreach (string step in (string[])["1000000", "1", "77"])
        {
            byte[] output = await Tool.Run("python3", stream.ToArray(), "-c", s_python, step);
            Assert.True(expected.ToArray().AsSpan().SequenceEqual(output), $"python3 in steps of {step}");
        }
    }

    [Theory]
    [InlineData(63, 68)] // 4 bytes of length before the payload
    [InlineData(59, 64)]
    public void Below_the_threshold_a_frame_is_wrapped_in_5_bytes(int payload, int expected)
    {
        var codec = new DeflatedCodec(LengthPrefix.BigEndian32(MaxFrame), new DeflateOptions { MinBytes = 1000 });
        byte[] encoded = Encode(codec, new byte[payload]);
        Assert.Equal(expected + 4, encoded.Length);
        Assert.Equal(0, encoded[0]);
    }

    [Fact]
    public void What_does_not_become_smaller_is_stored()
    {
        var codec = new DeflatedCodec(LengthPrefix.BigEndian32(MaxFrame), DeflateOptions.Default);
        Assert.Equal(1000 + 4 + 5, Encode(codec, Noise(1000)).Length);
        Assert.Equal(65_531 + 4 + 5, Encode(codec, Noise(65_531)).Length);
        Assert.Equal(65_532 + 4 + 10, Encode(codec, Noise(65_532)).Length);
        Assert.InRange(Encode(codec, new byte[65_532]).Length, 1, 200);
    }

    [Theory]
    [InlineData(CompressionLevel.Fastest)]
    [InlineData(CompressionLevel.Optimal)]
    [InlineData(CompressionLevel.SmallestSize)]
    [InlineData(CompressionLevel.NoCompression)]
    public void Every_level_ends_on_a_byte_and_with_all_bytes_out(CompressionLevel level)
    {
        var codec = new DeflatedCodec(LengthPrefix.BigEndian32(MaxFrame), new DeflateOptions { Level = level });
        using var inflater = new PushInflater();
        for (int length = 60; length < 100_000; length = (length * 3) + 1)
        {
            byte[] plain = [0, (byte)(length >> 16), (byte)(length >> 8), (byte)length, .. Repeated(length)];
            Assert.Equal(plain, inflater.Inflate(Encode(codec, Repeated(length))));
        }
    }

    [Fact]
    public void What_the_plain_codec_refuses_is_refused()
    {
        var codec = new DeflatedCodec(Lines.Utf8(maxBytes: 10), DeflateOptions.Default);
        byte[] destination = new byte[100];
        Assert.Equal(FrameError.Malformed, codec.TryEncode("a\nb"u8, destination, out int written));
        Assert.Equal(0, written);
        Assert.Equal(FrameError.TooLarge, codec.TryEncode("01234567890"u8, destination, out _));
    }

    /// <summary>Outboxes count the bytes of frames; the memory behind them must not be many times that.</summary>
    [Fact]
    public void A_frame_holds_no_more_memory_than_its_compressed_bytes_take()
    {
        var pool = new SlabPool();
        var codec = new DeflatedCodec(LengthPrefix.BigEndian32(MaxFrame), DeflateOptions.Default);
        foreach (int length in (int[])[10, 100, 1_000, 16_384, MaxFrame])
        {
            Assert.Equal(SendResult.Queued, Outgoing.TryEncode(codec, new byte[length], pool, out Frame? frame));
            Assert.InRange(frame!.HeldBytes, frame.Length, Math.Max(128, 2 * frame.Length));
            using var inflater = new PushInflater();
            Assert.Equal(new byte[length], inflater.Inflate(frame.Span.ToArray())[4..]);
            frame.Release();
        }
        Assert.Equal(0, pool.Leases(LeaseOwner.Frame));
    }

    [Fact]
    public void A_codec_that_throws_leaves_no_frame_behind()
    {
        var pool = new SlabPool();
        var codec = new CountingCodec(LengthPrefix.BigEndian32(MaxFrame), fails: true);
        Assert.Throws<InvalidOperationException>(() => Outgoing.TryEncode(codec, new byte[100], pool, out _));
        Assert.Equal(0, pool.Leases(LeaseOwner.Frame));
    }

    private static void CheckInterleaving(byte[][] shared, (int Shared, byte[] Own)[] order, int min)
    {
        var codec = new DeflatedCodec(LengthPrefix.BigEndian32(MaxFrame), new DeflateOptions { MinBytes = min });
        byte[][] blocks = [.. shared.Select(payload => Encode(codec, payload))];
        using var inflater = new PushInflater();
        var whole = new MemoryStream();
        var all = new MemoryStream();
        foreach ((int which, byte[] own) in order)
        {
            bool isShared = which >= 0 && which < shared.Length;
            byte[] block = isShared ? blocks[which] : Encode(codec, own);
            var expected = new MemoryStream();
            Plain(expected, isShared ? shared[which] : own);
            Assert.True(expected.ToArray().AsSpan().SequenceEqual(inflater.Inflate(block)), "block by block");
            whole.Write(block);
            expected.WriteTo(all);
        }
        whole.Position = 0;
        var inflated = new MemoryStream();
        new DeflateStream(whole, CompressionMode.Decompress).CopyTo(inflated);
        Assert.True(all.ToArray().AsSpan().SequenceEqual(inflated.ToArray()), "in one piece");
    }

    private static void Plain(MemoryStream into, byte[] payload)
    {
        int length = payload.Length;
        into.Write([(byte)(length >> 24), (byte)(length >> 16), (byte)(length >> 8), (byte)length]);
        into.Write(payload);
    }

    private static byte[] Encode(DeflatedCodec codec, byte[] payload)
    {
        byte[] destination = new byte[codec.GetEncodedLength(payload)];
        Assert.Equal(FrameError.None, codec.TryEncode(payload, destination, out int written));
        return destination[..written];
    }

    private static byte[] Noise(int length)
    {
        byte[] bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return bytes;
    }

    private static byte[] Repeated(int length) =>
        [.. Enumerable.Range(0, length).Select(static i => (byte)Text[(int)((long)i * i / 50 % Text.Length)])];
}
