using System.Numerics;

namespace Longwire.Testing;

/// <summary>
/// A small random source that is the same everywhere: xoshiro256** (Blackman and Vigna 2018), seeded by SplitMix64.
/// </summary>
/// <remarks>
/// Owner: whoever made it. Concurrency: one thread at a time. Bound: a period of 2^256 - 1. The framework's own source
/// promises no sequence across versions, so a seed noted today might show nothing tomorrow.
/// </remarks>
public sealed class SeededRandom
{
    private ulong _s0;
    private ulong _s1;
    private ulong _s2;
    private ulong _s3;

    /// <summary>Starts the sequence of <paramref name="seed"/>; every value is a good seed.</summary>
    public SeededRandom(ulong seed)
    {
        Seed = seed;
        _s0 = SplitMix(ref seed);
        _s1 = SplitMix(ref seed);
        _s2 = SplitMix(ref seed);
        _s3 = SplitMix(ref seed);
    }

    /// <summary>The seed that reproduces the sequence.</summary>
    public ulong Seed { get; }

    /// <summary>The next 64 bits.</summary>
    public ulong NextUInt64()
    {
        ulong result = BitOperations.RotateLeft(_s1 * 5, 7) * 9;
        ulong shifted = _s1 << 17;
        _s2 ^= _s0;
        _s3 ^= _s1;
        _s1 ^= _s2;
        _s0 ^= _s3;
        _s2 ^= shifted;
        _s3 = BitOperations.RotateLeft(_s3, 45);
        return result;
    }

    /// <summary>A number from 0 to <paramref name="limit"/> - 1.</summary>
    public int Next(int limit)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        // The high half of the product; its bias of limit / 2^64 is nothing that a test could see.
        return (int)Math.BigMul(NextUInt64(), (ulong)limit, out _);
    }

    /// <summary>A number from <paramref name="least"/> to <paramref name="most"/>, both included.</summary>
    public int Between(int least, int most)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, least);
        return (int)(least + (long)Math.BigMul(NextUInt64(), (ulong)((long)most - least + 1), out _));
    }

    /// <summary>A time from zero to <paramref name="most"/>, in whole microseconds.</summary>
    public TimeSpan NextTime(TimeSpan most)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, TimeSpan.Zero);
        ulong microseconds = (ulong)(most.Ticks / TimeSpan.TicksPerMicrosecond);
        return new((long)Math.BigMul(NextUInt64(), microseconds + 1, out _) * TimeSpan.TicksPerMicrosecond);
    }

    /// <summary>A number from 0 up to, but not including, 1.</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53)); // 53 bits are a double's precision

    /// <summary>True with a probability from 0 to 1. A probability of 0 draws nothing from the sequence.</summary>
    public bool Chance(double probability) => probability > 0 && NextDouble() < probability;

    /// <summary>An independent source; its seed is the next number of this one.</summary>
    public SeededRandom Fork() => new(NextUInt64());

    /// <summary>Fills a buffer.</summary>
    public void Fill(Span<byte> buffer)
    {
        for (int i = 0; i < buffer.Length; i++)
            buffer[i] = (byte)(NextUInt64() >> 56);
    }

    private static ulong SplitMix(ref ulong state)
    {
        ulong mixed = state += 0x9E3779B97F4A7C15; // 2^64 divided by the golden ratio
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }
}
