using System.Text;
using Longwire.Primitives;

namespace Longwire.Framing.Tests;

/// <summary>Pushes streams through decoders under every fragmentation and writes down what comes out.</summary>
/// <remarks>
/// One word per outcome: <c>[payload]</c> for a frame, <c>skipped:Error</c>, <c>invalid:Error</c>, <c>end</c>. Pieces
/// are joined; their own rules are checked on the way.
/// </remarks>
internal static class Decoding
{
    internal static SlabPool NewPool() => new(new SlabPoolOptions { CeilingBytes = 16 << 20, Poison = true });

    /// <summary>Whole, under every two-way split and byte by byte: the outcome is the same.</summary>
    internal static void Check(Codec codec, string stream, string expected)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(stream);
        Assert.Equal(expected, Run(codec, bytes));
        for (int cut = 0; cut <= bytes.Length; cut++)
            Assert.Equal($"cut at {cut}: {expected}", $"cut at {cut}: {Run(codec, bytes, cut)}");
        Assert.Equal(expected, Run(codec, bytes, [.. Enumerable.Range(1, bytes.Length)]));
    }

    internal static string Run(Codec codec, byte[] stream, params int[] cuts)
    {
        SlabPool pool = NewPool();
        var outcomes = new List<string>();
        using (FrameDecoder decoder = codec.CreateDecoder(pool))
        {
            var message = new List<byte>();
            var received = new byte[stream.Length];
            int from = 0;
            foreach (int to in cuts.Append(stream.Length))
            {
                stream.AsSpan(from, to - from).CopyTo(received);
                if (!Push(decoder, received.AsSpan(0, to - from), message, outcomes))
                    break;
                Array.Fill(received, (byte)0xEE);
                Assert.True(decoder.IsMidFrame || pool.Snapshot().Leases == 0, "idle but holds a lease");
                from = to;
            }
            outcomes.Add(decoder.EndOfStream() == DecodeStatus.Invalid ? $"invalid:{decoder.Error}" : "end");
        }
        Assert.Equal(0, pool.Snapshot().Leases);
        return string.Join(' ', outcomes);
    }

    private static bool Push(FrameDecoder decoder, ReadOnlySpan<byte> input, List<byte> message, List<string> outcomes)
    {
        while (true)
        {
            DecodeStatus status = decoder.Decode(ref input, out ReadOnlySpan<byte> frame);
            switch (status)
            {
                case DecodeStatus.NeedMore:
                    Assert.True(input.IsEmpty);
                    return true;
                case DecodeStatus.Invalid:
                    Assert.NotEqual(FrameError.None, decoder.Error);
                    return false;
                case DecodeStatus.Skipped:
                    message.Clear();
                    outcomes.Add($"skipped:{decoder.Error}");
                    break;
                case DecodeStatus.Piece:
                    Assert.False(frame.IsEmpty);
                    message.AddRange(frame);
                    break;
                default:
                    Assert.Equal(FrameError.None, decoder.Error);
                    message.AddRange(frame);
                    outcomes.Add($"[{Encoding.Latin1.GetString([.. message])}]");
                    message.Clear();
                    break;
            }
        }
    }

    /// <summary>Encodes; the result is the wire text, or the error's name.</summary>
    internal static string Encode(Codec codec, string payload)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(payload);
        var destination = new byte[codec.GetEncodedLength(bytes)];
        FrameError error = codec.TryEncode(bytes, destination, out int written);
        Assert.Equal(error == FrameError.None ? destination.Length : 0, written);
        return error == FrameError.None ? Encoding.Latin1.GetString(destination) : error.ToString();
    }
}
