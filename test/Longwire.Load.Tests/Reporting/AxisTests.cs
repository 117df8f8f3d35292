using System.Globalization;
using Longwire.Load.Reporting;

namespace Longwire.Load.Tests.Reporting;

/// <summary>Where axes end and what they say there.</summary>
public sealed class AxisTests
{
    [Theory]
    [InlineData(5.5, 9, "5 10")]
    [InlineData(10, 100, "10 20 50 100")]
    [InlineData(0.3, 4, "0.2 0.5 1 2 5")]
    [InlineData(1, 1, "1")]
    [InlineData(3, 40_000, "10 100 1000 10000")]
    public void A_logarithmic_axis_has_numbers_at_its_ends_or_decades(double least, double most, string expected)
    {
        Axis axis = Of(Scale.Logarithmic);
        (double low, double high) = axis.Limits(least, most);

        Assert.True(low <= least && high >= most);
        Assert.Equal(expected, string.Join(' ', axis.Ticks(low, high).Select(Round)));
    }

    [Fact]
    public void Nines_are_equally_far_apart()
    {
        Axis axis = Of(Scale.Nines);

        Assert.Equal([0, 1, 2, 3], ((double[])[0, 90, 99, 99.9]).Select(value => Math.Round(axis.Position(value), 9)));
        Assert.Equal("0 50 90 99", string.Join(' ', axis.Ticks(0, 99.5).Select(Round)));
        Assert.False(axis.CanShow(100));
    }

    [Fact]
    public void A_linear_axis_starts_at_zero_and_has_an_extent() =>
        Assert.Equal([(0, 108), (0, 1), (-5, 1)], new[] { (50.0, 100.0), (0, 0), (-5, 0) }
            .Select(static range => Of(Scale.Linear).Limits(range.Item1, range.Item2)));

    [Theory]
    [InlineData(0, 270, "0 50 100 150 200 250")]
    [InlineData(0, 17.8, "0 2 4 6 8 10 12 14 16")]
    [InlineData(-5, 1, "-5 -4 -3 -2 -1 0 1")]
    [InlineData(0, 0.4, "0 0.05 0.1 0.15 0.2 0.25 0.3 0.35 0.4")]
    public void A_linear_axis_has_a_few_round_numbers(double low, double high, string expected) =>
        Assert.Equal(expected, string.Join(' ', Of(Scale.Linear).Ticks(low, high).Select(Round)));

    private static Axis Of(Scale scale) => new("", scale, NumberText.Tick);

    private static string Round(double value) => Math.Round(value, 6).ToString(CultureInfo.InvariantCulture);
}
