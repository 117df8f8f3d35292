namespace Longwire;

/// <summary>The end mark of a frame, found in a stream that arrives in parts.</summary>
/// <remarks>
/// Immutable. Between two parts the search is one number: how many bytes at the end of what was seen may be the
/// beginning of the mark. Those bytes equal the beginning of <see cref="Bytes"/>, so nobody has to keep them.
/// </remarks>
internal abstract class Terminator(byte[] bytes)
{
    internal readonly byte[] Bytes = bytes;

    /// <summary>Looks for the mark's end in bytes never looked at before.</summary>
    /// <param name="input">The bytes that follow those already searched.</param>
    /// <param name="matched">Bytes seen last that may begin the mark; carried from call to call, 0 at first.</param>
    /// <param name="end">When found: bytes of the input up to and including the mark.</param>
    /// <param name="length">When found: bytes of the mark, which may have begun before the input.</param>
    internal abstract bool TryFind(ReadOnlySpan<byte> input, ref byte matched, out int end, out int length);
}

/// <summary>LF or CRLF. The mark is LF; a CR before it belongs to it.</summary>
internal sealed class NewLine : Terminator
{
    internal static readonly NewLine Instance = new();

    private NewLine() : base([(byte)'\r', (byte)'\n'])
    {
    }

    internal override bool TryFind(ReadOnlySpan<byte> input, ref byte matched, out int end, out int length)
    {
        int lf = input.IndexOf((byte)'\n');
        end = lf + 1;
        if (lf < 0)
        {
            length = 0;
            if (!input.IsEmpty)
                matched = input[^1] == '\r' ? (byte)1 : (byte)0;
            return false;
        }
        bool afterReturn = lf > 0 ? input[lf - 1] == '\r' : matched == 1;
        length = afterReturn ? 2 : 1;
        matched = 0;
        return true;
    }
}

/// <summary>Any sequence of 1 to 16 bytes.</summary>
/// <remarks>
/// Inside one part the vectorised search of the runtime does the work. Across parts the automaton of Knuth, Morris and
/// Pratt (1977) goes on from the carried number: after "aa" of the mark "aab" a further "a" leaves 2, not 0.
/// </remarks>
internal sealed class ByteSequence : Terminator
{
    private readonly byte[] _fallback;

    internal ByteSequence(byte[] bytes) : base(bytes)
    {
        // _fallback[n]: length of the longest proper suffix of the first n bytes that is also their prefix.
        _fallback = new byte[bytes.Length + 1];
        for (int n = 1; n < bytes.Length; n++)
            _fallback[n + 1] = (byte)Step(_fallback[n], bytes[n]);
    }

    internal override bool TryFind(ReadOnlySpan<byte> input, ref byte matched, out int end, out int length)
    {
        length = Bytes.Length;
        end = 0;
        int state = matched;
        matched = 0;
        if (state > 0)
        {
            // A mark that began earlier ends within the next Length - 1 bytes or not at all.
            int reach = Math.Min(input.Length, Bytes.Length - 1);
            for (int i = 0; i < reach; i++)
            {
                state = Step(state, input[i]);
                if (state != Bytes.Length)
                    continue;
                end = i + 1;
                return true;
            }
            if (reach == input.Length)
            {
                matched = (byte)state;
                return false;
            }
        }
        int start = input.IndexOf(Bytes);
        if (start >= 0)
        {
            end = start + Bytes.Length;
            return true;
        }
        state = 0;
        foreach (byte next in input[^Math.Min(input.Length, Bytes.Length - 1)..])
            state = Step(state, next);
        matched = (byte)state;
        return false;
    }

    private int Step(int state, byte next)
    {
        while (state > 0 && Bytes[state] != next)
            state = _fallback[state];
        return Bytes[state] == next ? state + 1 : 0;
    }
}
