namespace Longwire.Service.Sources;

/// <summary>Percentages of counters.</summary>
internal static class Proportion
{
    /// <summary>100 × part / whole, or null when the whole is not positive or either is not known.</summary>
    public static double? Percent(double? part, double? whole) => whole > 0 ? 100 * part / whole : null;
}
