namespace Longwire.Load.Reporting;

internal enum Scale
{
    /// <summary>From zero.</summary>
    Linear,
    Logarithmic,

    /// <summary>Percentiles, spread so that 90, 99 and 99.9 are equally far apart.</summary>
    Nines,
}

/// <summary>An axis: values in, positions out.</summary>
/// <param name="Title">Says the unit, unless <paramref name="Text"/> does.</param>
internal sealed record Axis(string Title, Scale Scale, Func<double, string> Text)
{
    /// <summary>A hundred per cent is infinitely far away; nobody counts a million million operations.</summary>
    private const double MostNines = 12;

    internal bool CanShow(double value) => double.IsFinite(value) && Scale switch
    {
        Scale.Logarithmic => value > 0,
        Scale.Nines => value is >= 0 and < 100,
        _ => true,
    };

    internal double Position(double value) => Scale switch
    {
        Scale.Logarithmic => Math.Log10(value),
        Scale.Nines => Math.Min(MostNines, -Math.Log10(1 - value / 100)),
        _ => value,
    };

    /// <summary>The values at the ends of the axis; those of a logarithmic one are round.</summary>
    internal (double Low, double High) Limits(double least, double most) => Scale switch
    {
        Scale.Logarithmic => (Marks(least / 10, least).Last(), Marks(most, most * 10).First()),
        Scale.Nines => (0, 100 - 0.8 * (100 - most)), // a tenth of a nine of room at the top
        _ => (Math.Min(0, least), most > 0 ? most * 1.08 : 1),
    };

    /// <summary>The values that get a number.</summary>
    internal IEnumerable<double> Ticks(double low, double high) => Scale switch
    {
        Scale.Logarithmic when high / low > 1000 => Marks(low, high).Where(static mark => Math.Log10(mark) % 1 == 0),
        Scale.Logarithmic => Marks(low, high),
        Scale.Nines => new[] { 0, 50, 90, 99, 99.9, 99.99, 99.999, 99.9999 }.Where(tick => tick <= high),
        _ => Steps(low, high),
    };

    /// <summary>Round numbers between two values, about ten at most.</summary>
    private static IEnumerable<double> Steps(double low, double high)
    {
        const int Most = 10;
        double least = (high - low) / Most;
        double step = Marks(least, least * 10).First();
        for (double i = Math.Ceiling(low / step); i <= Math.Floor(high / step); i++)
            yield return i * step;
    }

    /// <summary>1, 2 and 5 of every decade between two values, both included.</summary>
    private static IEnumerable<double> Marks(double low, double high)
    {
        const double Slack = 1e-9; // a power of ten is not exact
        for (double decade = Math.Floor(Math.Log10(low)); decade <= Math.Ceiling(Math.Log10(high)); decade++)
        {
            foreach (double step in (double[])[1, 2, 5])
            {
                double mark = step * Math.Pow(10, decade);
                if (mark >= low * (1 - Slack) && mark <= high * (1 + Slack))
                    yield return mark;
            }
        }
    }
}
