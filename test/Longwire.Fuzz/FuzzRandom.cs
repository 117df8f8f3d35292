namespace Longwire.Fuzz;

/// <summary>A splitmix64 stream: stream N of a seed can be made without the N before it.</summary>
internal struct FuzzRandom(ulong seed)
{
    private ulong _state = seed;

    internal static FuzzRandom ForStream(int seed, long index) =>
        new(new FuzzRandom((ulong)seed).NextWord() ^ new FuzzRandom((ulong)index * 0xD1B54A32D192ED03).NextWord());

    internal ulong NextWord()
    {
        ulong z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>0 to <paramref name="below"/> - 1.</summary>
    internal int Next(int below) => (int)((NextWord() >> 32) * (ulong)below >> 32);

    internal int Next(int from, int to) => from + Next(to - from + 1);

    internal byte Pick(ReadOnlySpan<byte> bytes) => bytes[Next(bytes.Length)];
}
