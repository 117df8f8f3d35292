using Longwire.Load.Results;

namespace Longwire.Load.Comparing;

/// <summary>The median of paired ratios and the interval that holds it with 95 % confidence.</summary>
/// <remarks>
/// Percentile bootstrap: the pairs are drawn again, with replacement, as many as there are; the interval is what the
/// middle 95 % of the medians of 10,000 such draws span (Efron and Tibshirani, An Introduction to the Bootstrap,
/// chapter 13). It assumes that pairs are exchangeable, which interleaved rounds make plausible.
/// </remarks>
internal readonly record struct PairedRatio(double Ratio, double Low, double High, int Pairs)
{
    private const int Draws = 10_000;
    private const double Tail = 0.025;

    /// <exception cref="ArgumentException">There is no pair.</exception>
    internal static PairedRatio Of(IReadOnlyList<double> ratios, int seed)
    {
        if (ratios.Count == 0)
            throw new ArgumentException("A ratio needs at least one pair.", nameof(ratios));
        var random = new Random(seed);
        double[] medians = new double[Draws];
        double[] drawn = new double[ratios.Count];
        for (int i = 0; i < Draws; i++)
        {
            for (int k = 0; k < drawn.Length; k++)
                drawn[k] = ratios[random.Next(ratios.Count)];
            medians[i] = Median.Of(drawn);
        }
        Array.Sort(medians);
        return new PairedRatio(
            Median.Of([.. ratios]), medians[(int)(Tail * Draws)], medians[(int)((1 - Tail) * Draws) - 1], ratios.Count);
    }
}
