namespace Longwire.Load.Results;

/// <summary>The middle value, or the mean of the two in the middle.</summary>
internal static class Median
{
    /// <summary>The median of at least one value; sorts them in place.</summary>
    internal static double Of(double[] values)
    {
        Array.Sort(values);
        int half = values.Length / 2;
        return values.Length % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
    }
}
