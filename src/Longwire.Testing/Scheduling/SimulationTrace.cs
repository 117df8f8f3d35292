using System.Globalization;
using System.Text;

namespace Longwire.Testing;

/// <summary>What happened, as one number to compare runs by and as the last lines to read after a failure.</summary>
/// <remarks>
/// Owner: its network. Concurrency: the simulation's thread. Bound: the last 128 entries; the hash covers all.
/// </remarks>
public sealed class SimulationTrace
{
    private const int Kept = 128;

    private readonly (TimeSpan At, string What, long Which, long Value)[] _last =
        new (TimeSpan, string, long, long)[Kept];

    private readonly VirtualTime _time;

    internal SimulationTrace(VirtualTime time) => _time = time;

    /// <summary>Entries so far.</summary>
    public long Count { get; private set; }

    /// <summary>A hash of every entry and its virtual time: equal for equal runs (FNV-1a over words).</summary>
    public ulong Hash { get; private set; } = 14695981039346656037;

    /// <summary>Adds an entry; <paramref name="what"/> should be a constant.</summary>
    public void Add(string what, long which = 0, long value = 0)
    {
        ArgumentNullException.ThrowIfNull(what);
        TimeSpan at = _time.Elapsed;
        _last[Count++ % Kept] = (at, what, which, value);
        foreach (char letter in what)
            Mix(letter);
        Mix((ulong)at.Ticks);
        Mix((ulong)which);
        Mix((ulong)value);
    }

    /// <summary>The last entries, oldest first, one to a line.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        for (long i = Math.Max(0, Count - Kept); i < Count; i++)
        {
            (TimeSpan at, string what, long which, long value) = _last[i % Kept];
            text.AppendLine(
                CultureInfo.InvariantCulture, $"{i,8} {at.TotalMilliseconds,12:F3} ms {what} #{which} {value}");
        }
        return text.ToString();
    }

    private void Mix(ulong word) => Hash = (Hash ^ word) * 1099511628211;
}
