using Longwire.Primitives;

namespace Longwire.Framing.Tests;

/// <summary>Who holds which memory when; in particular that nobody holds it for longer than needed.</summary>
public sealed class LifetimeTests
{
    private const int Kilobyte = 1024;

    private readonly SlabPool _pool = Decoding.NewPool();

    public static TheoryData<Codec> Decoders() =>
    [
        Lines.Utf8(100), Lines.Utf8(100).Streaming(16), Delimited.By("ab"u8, 100),
        Delimited.By("ab"u8, 100).Streaming(16), LengthPrefix.Varint(100), LengthPrefix.Varint(100).Streaming(16),
        FixedSize.Bytes(100),
    ];

    [Fact]
    public void A_frame_inside_the_input_is_a_slice_of_it()
    {
        foreach (Codec codec in new Codec[] { Lines.Utf8(9), LengthPrefix.Byte(9), Delimited.By("\n"u8, 9) })
        {
            using FrameDecoder decoder = codec.CreateDecoder(_pool);
            byte[] received = [2, (byte)'b', (byte)'\n'];
            ReadOnlySpan<byte> input = received;
            Assert.Equal(DecodeStatus.Frame, decoder.Decode(ref input, out ReadOnlySpan<byte> frame));
            Assert.True(frame.Overlaps(received));
            Assert.Equal(0, _pool.Snapshot().Leases);
        }
    }

    [Fact]
    public void A_collected_frame_lives_until_the_next_call_and_is_poisoned_then()
    {
        using FrameDecoder decoder = Lines.Utf8(100).CreateDecoder(_pool);
        ReadOnlySpan<byte> input = "hel"u8;
        Assert.Equal(DecodeStatus.NeedMore, decoder.Decode(ref input, out _));
        input = "lo\n"u8;
        Assert.Equal(DecodeStatus.Frame, decoder.Decode(ref input, out ReadOnlySpan<byte> frame));
        Assert.True(frame.SequenceEqual("hello"u8));
        Assert.Equal(1, _pool.Leases(LeaseOwner.PartialFrame));
        Assert.False(decoder.IsMidFrame);

        Assert.Equal(DecodeStatus.NeedMore, decoder.Decode(ref input, out _));

        Assert.Equal(0, _pool.Leases(LeaseOwner.PartialFrame));
        Assert.Equal(-1, frame.IndexOfAnyExcept((byte)0xDD)); // a use that comes too late sees poison
    }

    [Fact]
    public void Announcing_a_large_frame_costs_no_memory()
    {
        using FrameDecoder decoder = LengthPrefix.BigEndian32(maxBytes: Codec.LargestFrameBytes).CreateDecoder(_pool);
        ReadOnlySpan<byte> input = [0x3F, 0xFF, 0xFF, 0xFF, 1];
        Assert.Equal(DecodeStatus.NeedMore, decoder.Decode(ref input, out _));
        Assert.Equal(128, _pool.Snapshot().LeasedBytes);
    }

    [Fact]
    public void A_lease_grows_with_what_arrives_and_no_further_than_the_frame()
    {
        using FrameDecoder decoder = FixedSize.Bytes(5 * Kilobyte).CreateDecoder(_pool);
        for (int arrived = Kilobyte; arrived < 5 * Kilobyte; arrived += Kilobyte)
        {
            ReadOnlySpan<byte> input = new byte[Kilobyte];
            Assert.Equal(DecodeStatus.NeedMore, decoder.Decode(ref input, out _));
            Assert.InRange(_pool.Snapshot().LeasedBytes, arrived, 2 * arrived);
            Assert.Equal(1, _pool.Snapshot().Leases);
        }
    }

    [Fact]
    public void A_refused_lease_ends_the_stream()
    {
        var small = new SlabPool(new SlabPoolOptions { CeilingBytes = 256 * Kilobyte });
        Assert.True(small.TryRent(256 * Kilobyte, LeaseOwner.Message, out Lease? all));
        foreach (TheoryDataRow<Codec> row in Decoders())
        {
            using FrameDecoder decoder = row.Data.CreateDecoder(small);
            ReadOnlySpan<byte> input = [0x80];
            DecodeStatus status = decoder.Decode(ref input, out _);
            if (status == DecodeStatus.Piece) // streaming needs no lease for a line
                continue;
            Assert.Equal((DecodeStatus.Invalid, FrameError.OutOfMemory), (status, decoder.Error));
            Assert.Equal(DecodeStatus.Invalid, decoder.EndOfStream());
            Assert.Equal(FrameError.OutOfMemory, decoder.Error);
        }
        all.Return();
        Assert.Equal(0, small.Snapshot().Leases);
    }

    [Fact]
    public void A_lease_that_cannot_grow_goes_back()
    {
        var small = new SlabPool(new SlabPoolOptions { CeilingBytes = 256 * Kilobyte });
        using FrameDecoder decoder = FixedSize.Bytes(512 * Kilobyte).CreateDecoder(small);
        ReadOnlySpan<byte> input = new byte[100];
        Assert.Equal(DecodeStatus.NeedMore, decoder.Decode(ref input, out _));
        input = new byte[100];
        Assert.Equal(DecodeStatus.Invalid, decoder.Decode(ref input, out _));
        Assert.Equal(FrameError.OutOfMemory, decoder.Error);
        Assert.Equal(0, small.Snapshot().Leases);
    }

    [Theory]
    [MemberData(nameof(Decoders))]
    public void A_failed_or_disposed_decoder_stays_so_and_holds_nothing(Codec codec)
    {
        FrameDecoder decoder = codec.CreateDecoder(_pool);
        ReadOnlySpan<byte> input = [2, (byte)'x'];
        while (decoder.Decode(ref input, out _) != DecodeStatus.NeedMore)
            Assert.True(decoder.IsMidFrame);
        Assert.Equal(DecodeStatus.Invalid, decoder.EndOfStream());
        Assert.Equal(FrameError.Truncated, decoder.Error);
        input = "ab\n"u8;
        Assert.Equal(DecodeStatus.Invalid, decoder.Decode(ref input, out ReadOnlySpan<byte> frame));
        Assert.True(frame.IsEmpty);
        Assert.Equal(FrameError.Truncated, decoder.Error);
        decoder.Dispose();
        decoder.Dispose();
        Assert.Equal(DecodeStatus.Invalid, decoder.Decode(ref input, out _));
        Assert.Equal(0, _pool.Snapshot().Leases);
    }

    [Fact]
    public void Streaming_collects_no_payload()
    {
        foreach (Codec codec in new Codec[] { LengthPrefix.Varint(300).Streaming(20), Lines.Utf8(300).Streaming(20) })
        {
            using FrameDecoder decoder = codec.CreateDecoder(_pool);
            byte[] wire = new byte[302];
            Assert.Equal(FrameError.None, codec.TryEncode(new byte[300], wire, out int written));
            int pieces = 0;
            DecodeStatus status;
            ReadOnlySpan<byte> input = wire.AsSpan(0, written);
            while ((status = decoder.Decode(ref input, out ReadOnlySpan<byte> piece)) == DecodeStatus.Piece)
            {
                Assert.Equal(20, piece.Length);
                Assert.Equal(0, _pool.Snapshot().Leases);
                pieces++;
            }
            Assert.Equal(DecodeStatus.Frame, status);
            Assert.InRange(pieces, 14, 15);
        }
    }

    [Fact]
    public void A_destination_that_is_too_short_is_a_bug_of_the_caller()
    {
        Codec[] codecs = [Lines.Utf8(9), Delimited.By("\n"u8, 9), LengthPrefix.Byte(9), FixedSize.Bytes(1)];
        foreach (Codec codec in codecs)
            Assert.Throws<ArgumentException>(() => codec.TryEncode("a"u8, [], out _));
    }
}
