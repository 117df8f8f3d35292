using Longwire.Load.Reporting;

namespace Longwire.Load.Tests.Reporting;

/// <summary>A number that is read wrongly is worse than none. Units stand behind a space that does not break.</summary>
public sealed class NumberTextTests
{
    [Theory]
    [InlineData(0, "0")]
    [InlineData(0.00004, "0.0000")]
    [InlineData(0.0123, "0.0123")]
    [InlineData(0.13, "0.130")]
    [InlineData(0.9996, "1.00")]
    [InlineData(5.4, "5.40")]
    [InlineData(9.996, "10.0")]
    [InlineData(12.34, "12.3")]
    [InlineData(99.96, "100")]
    [InlineData(184_000.4, "184,000")]
    [InlineData(-5.4, "-5.40")]
    public void A_measure_has_three_digits_that_count(double value, string expected) =>
        Assert.Equal(expected, NumberText.Measure(value));

    [Theory]
    [InlineData(0, "0")]
    [InlineData(0.5, "0.5")]
    [InlineData(2, "2")]
    [InlineData(15_000, "15,000")]
    public void A_tick_has_no_zeros_at_its_end(double value, string expected) =>
        Assert.Equal(expected, NumberText.Tick(value));

    [Theory]
    [InlineData(0.5, "0.500\u00A0µs")]
    [InlineData(999.4, "999\u00A0µs")]
    [InlineData(999.6, "1.00\u00A0ms")]
    [InlineData(17_300, "17.3\u00A0ms")]
    [InlineData(999_600, "1.00\u00A0s")]
    [InlineData(61_000_000, "61.0\u00A0s")]
    public void A_duration_carries_its_unit(double microseconds, string expected) =>
        Assert.Equal(expected, NumberText.Duration(microseconds));

    [Theory]
    [InlineData(0, "0")]
    [InlineData(500, "500\u00A0µs")]
    [InlineData(20_000, "20\u00A0ms")]
    public void A_tick_of_time_is_short(double microseconds, string expected) =>
        Assert.Equal(expected, NumberText.TickDuration(microseconds));

    [Theory]
    [InlineData(512, "512\u00A0B")]
    [InlineData(27_100, "27,100\u00A0B")]
    [InlineData(1 << 20, "1.00\u00A0MiB")]
    [InlineData(100L << 20, "100\u00A0MiB")]
    [InlineData(8_323_514_368, "7.75\u00A0GiB")]
    public void Bytes_are_exact_below_a_mebibyte(double bytes, string expected) =>
        Assert.Equal(expected, NumberText.Bytes(bytes));

    [Fact]
    public void A_ratio_and_its_interval_have_two_decimals()
    {
        Assert.Equal("1.07×", NumberText.Ratio(1.0666));
        Assert.Equal("1.03–1.12", NumberText.Interval(1.0333, 1.1166));
    }
}
