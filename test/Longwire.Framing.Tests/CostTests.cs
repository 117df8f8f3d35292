using System.Diagnostics;
using System.Reflection;
using Longwire.Primitives;

namespace Longwire.Framing.Tests;

/// <summary>What decoders cost: bytes when idle, allocations when busy, and time for hostile splits.</summary>
public sealed class CostTests
{
    private const int MostDecoderBytes = 56;

    private static bool IsRelease =>
        typeof(Codec).Assembly.GetCustomAttribute<DebuggableAttribute>()?.IsJITOptimizerDisabled != true;

    public static TheoryData<Codec> Codecs() =>
    [
        Lines.Utf8(100), Lines.Utf8(100).Streaming(16), Delimited.By("ab"u8, 100),
        Delimited.By("ab"u8, 100).Streaming(16), LengthPrefix.BigEndian32(100), LengthPrefix.Varint(100),
        LengthPrefix.Varint(100).Streaming(16), FixedSize.Bytes(10),
    ];

    [Theory]
    [MemberData(nameof(Codecs))]
    public void A_decoder_is_small(Codec codec)
    {
        const int Count = 1000;
        SlabPool pool = Decoding.NewPool();
        var decoders = new FrameDecoder[Count];
        decoders[0] = codec.CreateDecoder(pool); // whatever the first one costs besides itself
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Count; i++)
            decoders[i] = codec.CreateDecoder(pool);
        long each = (GC.GetAllocatedBytesForCurrentThread() - before) / Count;
        Assert.InRange(each, 24, MostDecoderBytes);
        Assert.Equal(0, pool.Snapshot().SlabBytes);
    }

    [Theory]
    [MemberData(nameof(Codecs))]
    public void A_frame_allocates_nothing(Codec codec)
    {
        Assert.SkipUnless(IsRelease, "measures Release code: dotnet test -c Release");
        SlabPool pool = Decoding.NewPool();
        using FrameDecoder decoder = codec.CreateDecoder(pool);
        var wire = new byte[64];
        Assert.Equal(FrameError.None, codec.TryEncode("0123456789"u8, wire, out int written));
        PushMany(decoder, wire.AsSpan(0, written), rounds: 100); // slabs and leases exist from here on
        long before = GC.GetAllocatedBytesForCurrentThread();
        long frames = PushMany(decoder, wire.AsSpan(0, written), rounds: 10_000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(10_000 * (written + 1), frames);
    }

    [Fact]
    public void A_line_split_byte_by_byte_costs_its_length()
    {
        // 4 MiB: with a re-scan per byte this would be 8 × 10^12 byte comparisons, which nobody would wait for.
        SlabPool pool = new(new SlabPoolOptions { CeilingBytes = 64 << 20 });
        foreach (Codec codec in new Codec[] { Lines.Utf8(4 << 20), Delimited.By("aaab"u8, 4 << 20) })
        {
            using FrameDecoder decoder = codec.CreateDecoder(pool);
            ReadOnlySpan<byte> letter = "a"u8;
            for (int i = 0; i < 4 << 20; i++)
            {
                ReadOnlySpan<byte> input = letter;
                Assert.Equal(DecodeStatus.NeedMore, decoder.Decode(ref input, out _));
            }
        }
    }

    /// <summary>Each frame whole and under every two-way split; returns how many came out.</summary>
    private static long PushMany(FrameDecoder decoder, ReadOnlySpan<byte> wire, int rounds)
    {
        long frames = 0;
        for (int round = 0; round < rounds; round++)
        {
            for (int cut = 0; cut <= wire.Length; cut++)
            {
                ReadOnlySpan<byte> first = wire[..cut];
                ReadOnlySpan<byte> second = wire[cut..];
                frames += Push(decoder, ref first) + Push(decoder, ref second);
            }
        }
        return frames;
    }

    private static int Push(FrameDecoder decoder, ref ReadOnlySpan<byte> input)
    {
        int frames = 0;
        DecodeStatus status;
        while ((status = decoder.Decode(ref input, out _)) != DecodeStatus.NeedMore)
            frames += status == DecodeStatus.Frame ? 1 : 0;
        return frames;
    }
}
