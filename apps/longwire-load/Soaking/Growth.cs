using System.Globalization;
using Longwire.Load.Results;

namespace Longwire.Load.Soaking;

/// <summary>What may grow by how much over a soak.</summary>
internal sealed record GrowthLimits(double MemoryPercent, int Descriptors, double LatencyPercent);

/// <summary>
/// Looks for growth: the median of the last third of the windows against that of the first third. Medians, because one
/// slow window is no growth; the first window is left out, because a runtime is still warming up in it.
/// </summary>
internal static class Growth
{
    /// <summary>Fewer windows have no thirds.</summary>
    internal const int LeastWindows = 4;

    /// <summary>A latency this small is within what a busy machine adds.</summary>
    private const double NegligibleMicroseconds = 1_000;

    /// <summary>One sentence per limit that is exceeded.</summary>
    internal static IReadOnlyList<string> Find(IReadOnlyList<SeriesPoint> windows, GrowthLimits limits)
    {
        if (windows.Count < LeastWindows)
            return [$"{windows.Count} windows are too few to see growth; a soak needs {LeastWindows}."];
        var found = new List<string>();
        (double before, double after) = Ends(windows, static one => one.ResidentBytes);
        if (after > before * (1 + limits.MemoryPercent / 100))
            found.Add(Sentence("--memory-growth", "resident memory", before / 1048576, after / 1048576, " MiB"));
        (before, after) = Ends(windows, static one => one.Descriptors);
        if (after > before + limits.Descriptors)
            found.Add(Sentence("--descriptor-growth", "open descriptors", before, after, ""));
        (before, after) = Ends(windows, static one => one.P99);
        if (after > before * (1 + limits.LatencyPercent / 100) + NegligibleMicroseconds)
            found.Add(Sentence("--latency-growth", "p99 latency", before, after, " µs"));
        return found;
    }

    private static (double First, double Last) Ends(
        IReadOnlyList<SeriesPoint> windows, Func<SeriesPoint, double?> value)
    {
        double[] measured = [.. windows.Skip(1).Select(value).OfType<double>()];
        int third = Math.Max(1, measured.Length / 3);
        return measured.Length == 0 ? (0, 0) : (Median.Of(measured[..third]), Median.Of(measured[^third..]));
    }

    private static string Sentence(string option, string what, double before, double after, string unit) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{what} grew from {before:N1} to {after:N1}{unit}, which is more than {option} allows.");
}
