using System.Globalization;
using Longwire.Primitives;

namespace Longwire.Fuzz;

/// <summary>What a run saw.</summary>
internal readonly record struct FuzzReport(string Target, long Streams, long WithFrames, long WithErrors, long Frames);

/// <summary>A difference between a decoder and its reference; the message says how to see it again.</summary>
internal sealed class FuzzFailure(string message) : Exception(message);

/// <summary>
/// Makes valid streams, damages them, pushes them through a decoder in random parts and compares every frame and error
/// with the reference; after each stream every lease must be back.
/// </summary>
internal sealed class DecoderFuzzer(FuzzTarget target, int seed)
{
    private static readonly byte[] Interesting = [0x00, 0x01, 0x7F, 0x80, 0xFF, (byte)'\r', (byte)'\n', (byte)'a'];

    private readonly SlabPool _pool = new(new SlabPoolOptions { CeilingBytes = 64 << 20, Poison = true });
    private readonly byte[] _received = new byte[4096]; // overwritten by each part, as a loop's receive slab is
    private readonly byte[] _encoded = new byte[1024];
    private readonly List<byte> _message = [];
    private readonly List<Outcome> _outcomes = [];

    internal FuzzReport Run(long count)
    {
        long withFrames = 0, withErrors = 0, frames = 0;
        for (long index = 0; index < count; index++)
        {
            (int found, bool failed) = RunOne(index);
            frames += found;
            withFrames += found > 0 ? 1 : 0;
            withErrors += failed ? 1 : 0;
        }
        return new(target.Name, count, withFrames, withErrors, frames);
    }

    private (int Frames, bool Failed) RunOne(long index)
    {
        var random = FuzzRandom.ForStream(seed, index);
        byte[] stream = Mutate(MakeStream(ref random, index), ref random);
        List<Outcome> expected = target.Reference(stream);
        try
        {
            Decode(stream, ref random);
        }
        catch (Exception e) when (e is not FuzzFailure)
        {
            throw Failure(index, stream, e.ToString());
        }
        Compare(index, stream, expected);
        if (_pool.Snapshot().Leases != 0)
            throw Failure(index, stream, "a lease was not returned");
        int frames = _outcomes.Count(o => o.Status == DecodeStatus.Frame);
        return (frames, frames < _outcomes.Count);
    }

    private byte[] MakeStream(ref FuzzRandom random, long index)
    {
        var stream = new List<byte>();
        int frames = random.Next(2, 6);
        for (int attempt = 0; frames > 0 && attempt < 100; attempt++)
        {
            byte[] payload = target.Payload is { } make ? make(ref random) : MakePayload(ref random);
            FrameError error = target.Codec.TryEncode(payload, _encoded, out int written);
            if (error != FrameError.None)
                continue;
            frames--;
            byte[] wire = _encoded[..written];
            if (written != target.Codec.GetEncodedLength(payload))
                throw Failure(index, wire, "the encoded length was announced wrongly");
            // Whatever can be encoded must decode to itself, by the reference's judgement.
            List<Outcome> back = target.Reference(wire);
            if (back.Count != 1 || !back[0].Payload.AsSpan().SequenceEqual(payload))
                throw Failure(index, wire, $"encoded {Convert.ToHexString(payload)}, the reference reads otherwise");
            stream.AddRange(wire);
        }
        return [.. stream];
    }

    private byte[] MakePayload(ref FuzzRandom random)
    {
        int max = target.Codec.MaxFrameBytes;
        int length = target.ExactBytes > 0 ? target.ExactBytes : random.Next(8) switch
        {
            0 => 0,
            1 => max,
            2 => max - 1,
            3 => random.Next(max),
            _ => random.Next(1, Math.Min(max, 12)),
        };
        var payload = new byte[length];
        for (int i = 0; i < length; i++)
            payload[i] = target.Alphabet.Length > 0 ? random.Pick(target.Alphabet) : (byte)random.Next(256);
        return payload;
    }

    private byte[] Mutate(byte[] stream, ref FuzzRandom random)
    {
        List<byte> bytes = [.. stream];
        for (int changes = random.Next(1, 3); changes > 0; changes--)
        {
            int at = random.Next(bytes.Count + 1);
            int rest = bytes.Count - at;
            byte value = random.Next(2) == 0 || target.Alphabet.Length == 0
                ? random.Pick(Interesting) : random.Pick(target.Alphabet);
            switch (random.Next(7))
            {
                case 0 when rest > 0: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 1 when rest > 0: bytes[at] = value; break;
                case 2 when rest > 0: bytes.RemoveRange(at, random.Next(1, Math.Min(rest, 8))); break;
                case 3 when rest > 0: bytes.RemoveRange(at, rest); break; // the stream ends early
                case 4 when rest > 0: // a part comes twice
                    bytes.InsertRange(at, bytes.GetRange(at, random.Next(1, Math.Min(rest, 16))));
                    break;
                case 5: bytes.InsertRange(at, Enumerable.Repeat(value, random.Next(1, 48))); break;
                default: bytes.Insert(at, value); break;
            }
        }
        return [.. bytes];
    }

    private void Decode(byte[] stream, ref FuzzRandom random)
    {
        _outcomes.Clear();
        _message.Clear();
        using FrameDecoder decoder = target.Codec.CreateDecoder(_pool);
        int most = random.Next(4) switch
        {
            0 => 1, // byte by byte
            1 => stream.Length + 1,
            2 => 1 + random.Next(stream.Length + 1),
            _ => 7,
        };
        for (int at = 0; at < stream.Length;)
        {
            int part = Math.Min(random.Next(most + 1), stream.Length - at);
            if (most == 1)
                part = 1;
            stream.AsSpan(at, part).CopyTo(_received);
            at += part;
            if (!DecodePart(decoder, _received.AsSpan(0, part)))
                break;
            Array.Fill(_received, (byte)0xEE, 0, part); // what was received is gone
        }
        if (decoder.EndOfStream() == DecodeStatus.Invalid)
            _outcomes.Add(Outcome.Invalid(decoder.Error));
        ReadOnlySpan<byte> more = "abc\n"u8;
        bool failed = _outcomes.Count > 0 && _outcomes[^1].Status == DecodeStatus.Invalid;
        if (failed && decoder.Decode(ref more, out _) != DecodeStatus.Invalid)
            throw new InvalidOperationException("a failed decoder went on");
    }

    private bool DecodePart(FrameDecoder decoder, ReadOnlySpan<byte> input)
    {
        while (true)
        {
            DecodeStatus status = decoder.Decode(ref input, out ReadOnlySpan<byte> frame);
            switch (status)
            {
                case DecodeStatus.NeedMore:
                    if (!input.IsEmpty)
                        throw new InvalidOperationException("wants more but left input behind");
                    if (!decoder.IsMidFrame && _pool.Snapshot().Leases != 0)
                        throw new InvalidOperationException("idle between two frames but holds a lease");
                    return true;
                case DecodeStatus.Invalid:
                    return false; // EndOfStream repeats it
                case DecodeStatus.Skipped:
                    _message.Clear();
                    _outcomes.Add(new(status, decoder.Error, []));
                    continue;
                default:
                    if (target.PieceBytes > 0 && frame.Length > target.PieceBytes)
                        throw new InvalidOperationException("a piece is too large");
                    if (status == DecodeStatus.Piece && (target.PieceBytes == 0 || frame.IsEmpty))
                        throw new InvalidOperationException("an unexpected or empty piece");
                    _message.AddRange(frame);
                    if (status == DecodeStatus.Piece)
                        continue;
                    _outcomes.Add(Outcome.Frame([.. _message]));
                    _message.Clear();
                    continue;
            }
        }
    }

    private void Compare(long index, byte[] stream, List<Outcome> expected)
    {
        bool same = _outcomes.Count == expected.Count;
        for (int i = 0; same && i < expected.Count; i++)
        {
            same = _outcomes[i].Status == expected[i].Status && _outcomes[i].Error == expected[i].Error
                && _outcomes[i].Payload.AsSpan().SequenceEqual(expected[i].Payload);
        }
        if (!same)
            throw Failure(index, stream, $"expected {Show(expected)}\n but got {Show(_outcomes)}");
    }

    private FuzzFailure Failure(long index, byte[] stream, string what) => new(string.Create(
        CultureInfo.InvariantCulture,
        $"{target.Name}, seed {seed}, stream {index}, bytes {Convert.ToHexString(stream)}: {what}"));

    private static string Show(List<Outcome> outcomes) =>
        string.Join(" ", outcomes.Select(o => $"{o.Status}/{o.Error}/{Convert.ToHexString(o.Payload)}"));
}
