namespace Longwire.Fuzz;

/// <summary>What a whole stream means: one entry per frame, skipped frame or error.</summary>
internal readonly record struct Outcome(DecodeStatus Status, FrameError Error, byte[] Payload)
{
    internal static Outcome Frame(byte[] payload) => new(DecodeStatus.Frame, FrameError.None, payload);

    internal static Outcome Skipped { get; } = new(DecodeStatus.Skipped, FrameError.TooLarge, []);

    internal static Outcome Invalid(FrameError error) => new(DecodeStatus.Invalid, error, []);
}

/// <summary>
/// The reference: decoders that see the whole stream at once, copy everything, look at every byte as often as they
/// like, and share no code with the real ones.
/// </summary>
internal static class NaiveDecoders
{
    /// <summary>Byte after byte; a line is over the limit as soon as no ending could make it fit.</summary>
    internal static List<Outcome> Lines(byte[] stream, int max, bool skip, bool strict)
    {
        var outcomes = new List<Outcome>();
        var line = new List<byte>();
        bool discarding = false;
        foreach (byte next in stream)
        {
            if (next == '\n')
            {
                if (line.Count > 0 && line[^1] == '\r')
                    line.RemoveAt(line.Count - 1);
                if (!discarding)
                {
                    if (strict && !IsUtf8(line))
                        return [.. outcomes, Outcome.Invalid(FrameError.Malformed)];
                    outcomes.Add(Outcome.Frame([.. line]));
                }
                line.Clear();
                discarding = false;
                continue;
            }
            line.Add(next);
            int least = next == '\r' ? line.Count - 1 : line.Count;
            if (discarding || least <= max)
                continue;
            if (!skip)
                return [.. outcomes, Outcome.Invalid(FrameError.TooLarge)];
            outcomes.Add(Outcome.Skipped);
            discarding = true;
        }
        if (line.Count > 0 || discarding)
            outcomes.Add(Outcome.Invalid(FrameError.Truncated));
        return outcomes;
    }

    /// <summary>Compares the end of what was seen with the delimiter, and with each of its beginnings.</summary>
    internal static List<Outcome> Delimited(byte[] stream, byte[] delimiter, int max, bool skip)
    {
        var outcomes = new List<Outcome>();
        int begin = 0;
        bool discarding = false;
        for (int end = 1; end <= stream.Length; end++)
        {
            int begun = delimiter.Length;
            while (begun > end - begin || !EndsWith(stream, end, delimiter, begun))
                begun--;
            int least = end - begin - begun;
            if (!discarding && least > max)
            {
                if (!skip)
                    return [.. outcomes, Outcome.Invalid(FrameError.TooLarge)];
                outcomes.Add(Outcome.Skipped);
                discarding = true;
            }
            if (begun < delimiter.Length)
                continue;
            if (!discarding)
                outcomes.Add(Outcome.Frame(stream[begin..(end - begun)]));
            begin = end;
            discarding = false;
        }
        if (begin < stream.Length)
            outcomes.Add(Outcome.Invalid(FrameError.Truncated));
        return outcomes;
    }

    /// <summary>A header of 1, 2 or 4 bytes.</summary>
    internal static List<Outcome> Prefixed(byte[] stream, int width, bool little, bool includesHeader, int max)
    {
        var outcomes = new List<Outcome>();
        int at = 0;
        while (at < stream.Length)
        {
            if (stream.Length - at < width)
                return [.. outcomes, Outcome.Invalid(FrameError.Truncated)];
            byte[] header = stream[at..(at + width)];
            if (little)
                Array.Reverse(header);
            long length = 0;
            foreach (byte digit in header)
                length = (length * 256) + digit;
            if (includesHeader)
                length -= width;
            if (length < 0)
                return [.. outcomes, Outcome.Invalid(FrameError.Malformed)];
            if (length > max)
                return [.. outcomes, Outcome.Invalid(FrameError.TooLarge)];
            at += width;
            if (stream.Length - at < length)
                return [.. outcomes, Outcome.Invalid(FrameError.Truncated)];
            outcomes.Add(Outcome.Frame(stream[at..(at + (int)length)]));
            at += (int)length;
        }
        return outcomes;
    }

    /// <summary>An unsigned LEB128 header; canonical is what encoding the number again gives.</summary>
    internal static List<Outcome> Varint(byte[] stream, int max)
    {
        var outcomes = new List<Outcome>();
        int at = 0;
        while (at < stream.Length)
        {
            int header = 1;
            while (header < 5 && at + header <= stream.Length && stream[at + header - 1] >= 128)
                header++;
            if (at + header > stream.Length)
                return [.. outcomes, Outcome.Invalid(FrameError.Truncated)];
            long length = 0;
            for (int i = header - 1; i >= 0; i--)
                length = (length * 128) + (stream[at + i] % 128);
            if (!stream.AsSpan(at, header).SequenceEqual(VarintOf(length)) || length > uint.MaxValue)
                return [.. outcomes, Outcome.Invalid(FrameError.Malformed)];
            if (length > max)
                return [.. outcomes, Outcome.Invalid(FrameError.TooLarge)];
            at += header;
            if (stream.Length - at < length)
                return [.. outcomes, Outcome.Invalid(FrameError.Truncated)];
            outcomes.Add(Outcome.Frame(stream[at..(at + (int)length)]));
            at += (int)length;
        }
        return outcomes;
    }

    internal static List<Outcome> FixedSize(byte[] stream, int size)
    {
        var outcomes = new List<Outcome>();
        int at = 0;
        for (; at + size <= stream.Length; at += size)
            outcomes.Add(Outcome.Frame(stream[at..(at + size)]));
        if (at < stream.Length)
            outcomes.Add(Outcome.Invalid(FrameError.Truncated));
        return outcomes;
    }

    internal static byte[] VarintOf(long value)
    {
        var bytes = new List<byte>();
        for (; value >= 128; value /= 128)
            bytes.Add((byte)((value % 128) + 128));
        bytes.Add((byte)value);
        return [.. bytes];
    }

    private static bool EndsWith(byte[] stream, int end, byte[] delimiter, int count)
    {
        for (int i = 0; i < count; i++)
        {
            if (stream[end - count + i] != delimiter[i])
                return false;
        }
        return true;
    }

    private static bool IsUtf8(List<byte> line)
    {
        try
        {
            new System.Text.UTF8Encoding(false, throwOnInvalidBytes: true).GetCharCount([.. line]);
            return true;
        }
        catch (System.Text.DecoderFallbackException)
        {
            return false;
        }
    }
}
