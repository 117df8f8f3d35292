using BenchmarkDotNet.Attributes;
using Longwire.Primitives;

namespace Longwire.Micro;

/// <summary>Frames out of received bytes, per frame.</summary>
public class DecoderBenchmarks
{
    private const int Frames = 100;

    private readonly SlabPool _pool = new();
    private FrameDecoder _lengthPrefix = null!;
    private FrameDecoder _lines = null!;
    private byte[] _prefixed = [];
    private byte[] _text = [];

    /// <summary>Bytes of a frame's payload.</summary>
    [Params(16, 128, 16384)]
    public int Size { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        LengthPrefix lengthPrefix = LengthPrefix.BigEndian32(maxBytes: 1 << 20);
        Lines lines = Lines.Utf8(maxBytes: 1 << 20);
        _lengthPrefix = lengthPrefix.CreateDecoder(_pool);
        _lines = lines.CreateDecoder(_pool);
        byte[] payload = new byte[Size];
        payload.AsSpan().Fill((byte)'x');
        _prefixed = Encode(lengthPrefix, payload);
        _text = Encode(lines, payload);
    }

    [Benchmark(OperationsPerInvoke = Frames)]
    public int Length_prefix_whole() => Decode(_lengthPrefix, _prefixed, _prefixed.Length);

    [Benchmark(OperationsPerInvoke = Frames)]
    public int Length_prefix_split() => Decode(_lengthPrefix, _prefixed, Piece(_prefixed));

    [Benchmark(OperationsPerInvoke = Frames)]
    public int Lines_whole() => Decode(_lines, _text, _text.Length);

    [Benchmark(OperationsPerInvoke = Frames)]
    public int Lines_split() => Decode(_lines, _text, Piece(_text));

    /// <summary>Every frame arrives in two or three pieces: a piece is two thirds of it.</summary>
    private static int Piece(byte[] bytes) => bytes.Length / Frames * 2 / 3;

    private static int Decode(FrameDecoder decoder, ReadOnlySpan<byte> bytes, int pieceBytes)
    {
        int frames = 0;
        while (!bytes.IsEmpty)
        {
            ReadOnlySpan<byte> piece = bytes[..Math.Min(pieceBytes, bytes.Length)];
            bytes = bytes[piece.Length..];
            while (decoder.Decode(ref piece, out _) == DecodeStatus.Frame)
                frames++;
        }
        return frames == Frames ? frames : throw new InvalidOperationException($"{frames} frames");
    }

    private static byte[] Encode(Codec codec, byte[] payload)
    {
        int length = codec.GetEncodedLength(payload);
        byte[] bytes = new byte[Frames * length];
        for (int i = 0; i < Frames; i++)
            codec.TryEncode(payload, bytes.AsSpan(i * length), out _);
        return bytes;
    }
}
