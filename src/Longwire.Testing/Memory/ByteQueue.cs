namespace Longwire.Testing;

/// <summary>Bytes in order.</summary>
/// <remarks>
/// Owner: one end of a connection. Concurrency: the simulation's thread. Bound: its user's; it grows as needed.
/// </remarks>
internal sealed class ByteQueue
{
    private const int KeptBytes = 512;

    private byte[] _bytes = [];
    private int _from;

    internal int Count { get; private set; }

    internal void Add(ReadOnlySpan<byte> bytes)
    {
        if (_from + Count + bytes.Length > _bytes.Length)
        {
            byte[] larger = _bytes;
            if (Count + bytes.Length > _bytes.Length)
                larger = new byte[Math.Max(256, (Count + bytes.Length) * 2)];
            _bytes.AsSpan(_from, Count).CopyTo(larger);
            _bytes = larger;
            _from = 0;
        }
        bytes.CopyTo(_bytes.AsSpan(_from + Count));
        Count += bytes.Length;
    }

    internal ReadOnlySpan<byte> First(int count) => _bytes.AsSpan(_from, Math.Min(count, Count));

    internal void Drop(int count)
    {
        _from += count;
        Count -= count;
        if (Count == 0)
            Clear();
    }

    internal int Take(Span<byte> buffer)
    {
        ReadOnlySpan<byte> first = First(buffer.Length);
        first.CopyTo(buffer);
        Drop(first.Length);
        return first.Length;
    }

    /// <summary>Empties the queue and gives its memory up: thousands of idle connections hold none.</summary>
    internal void Clear()
    {
        if (_bytes.Length > KeptBytes)
            _bytes = [];
        _from = Count = 0;
    }
}
