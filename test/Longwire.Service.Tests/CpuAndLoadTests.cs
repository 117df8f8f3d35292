using System.Text;
using Longwire.Service.Sources;
using Longwire.Service.Sources.Proc;

namespace Longwire.Service.Tests;

public sealed class CpuAndLoadTests
{
    [Fact]
    public void Recorded_stat_is_read()
    {
        Assert.True(CpuTimes.TryParse("""
            cpu  8930 7 3084 470497 857 2 37 117 5 5
            cpu0 3504 0 1503 236550 41 0 5 73 0 0
            cpu1 5425 0 1581 233946 816 0 31 44 0 0
            intr 1 2 3
            ctxt 548150
            """u8, out CpuTimes times));
        Assert.Equal(new CpuTimes(8937, 3123, 470497, 857, 117, 2), times);
    }

    [Fact]
    public void Columns_of_later_kernels_are_skipped()
    {
        Assert.True(CpuTimes.TryParse("cpu 1 2 3 4 5 6 7 8 9 10 11 12\n"u8, out CpuTimes times));
        Assert.Equal(new CpuTimes(3, 16, 4, 5, 8, 0), times);
    }

    [Fact]
    public void Columns_that_are_missing_are_not_known()
    {
        Assert.True(CpuTimes.TryParse("cpu 1 2 3 4\ncpu0 1 2 3 4"u8, out CpuTimes times));
        Assert.Equal(new CpuTimes(3, 3, 4, null, null, 1), times);
        CpuShares shares = Assert.NotNull(new CpuTimes(4, 3, 5, null, null, 1).Since(times));
        Assert.Equal(new CpuShares(50, 50, 0, null, null), shares);
    }

    [Theory]
    [InlineData("")]
    [InlineData("cpu")]
    [InlineData("cpu 1 2 3")]
    [InlineData("cpu 1 2 x 4")]
    [InlineData("cpu 1 2 3 -4")]
    [InlineData("cpu 1 2 3 99999999999999999999")]
    [InlineData("cpu0 1 2 3 4")]
    public void Malformed_stat_is_refused(string text) =>
        Assert.False(CpuTimes.TryParse(Encoding.UTF8.GetBytes(text), out _));

    [Fact]
    public void Shares_are_percentages_of_all_time()
    {
        var earlier = new CpuTimes(100, 100, 1000, 10, 20, 2);
        CpuShares shares = Assert.NotNull(new CpuTimes(130, 110, 1140, 20, 30, 2).Since(earlier));
        Assert.Equal(new CpuShares(Busy: 25, User: 15, System: 5, Iowait: 5, Steal: 5), shares);
    }

    [Fact]
    public void No_time_passed_is_not_known()
    {
        var times = new CpuTimes(100, 100, 1000, 10, 20, 2);
        Assert.Null(times.Since(times));
        Assert.Null(new CpuTimes(1, 1, 1, 1, 1, 2).Since(times));
    }

    [Fact]
    public void A_counter_that_goes_backwards_counts_as_no_time()
    {
        var earlier = new CpuTimes(100, 100, 1000, 10, 20, 2);
        CpuShares shares = Assert.NotNull(new CpuTimes(150, 100, 1050, 9, 20, 2).Since(earlier));
        Assert.Equal(new CpuShares(50, 50, 0, 0, 0), shares);
    }

    [Fact]
    public void Rates_need_two_values_time_and_a_counter_that_grows()
    {
        var rate = default(CounterRate);
        Assert.Null(rate.Next(1000, TimeSpan.FromSeconds(1)));
        Assert.Equal(250, rate.Next(1500, TimeSpan.FromSeconds(3)));
        Assert.Equal(0, rate.Next(1500, TimeSpan.FromSeconds(4)));
        Assert.Null(rate.Next(1600, TimeSpan.FromSeconds(4)));
        Assert.Null(rate.Next(10, TimeSpan.FromSeconds(5)));
        Assert.Equal(90, rate.Next(100, TimeSpan.FromSeconds(6)));
        rate.Forget();
        Assert.Null(rate.Next(200, TimeSpan.FromSeconds(7)));
        Assert.Equal(long.MaxValue, rate.Next(ulong.MaxValue, TimeSpan.FromSeconds(8)));
    }

    [Fact]
    public void Percentages_of_nothing_are_not_known()
    {
        Assert.Equal(25, Proportion.Percent(1, 4));
        Assert.Null(Proportion.Percent(1, 0));
        Assert.Null(Proportion.Percent(null, 4));
        Assert.Null(Proportion.Percent(1, null));
    }

    [Theory]
    [InlineData("0.37 1.23 10.11 2/84 4283\n", 2L, 84L)]
    [InlineData("0.37 1.23 10.11", null, null)]
    [InlineData("0.37 1.23 10.11 x/y 1", null, null)]
    [InlineData("0.37 1.23 10.11 7 1", null, null)]
    public void Load_is_read(string text, long? running, long? threads)
    {
        Assert.True(LoadAverages.TryParse(Encoding.UTF8.GetBytes(text), out LoadAverages load));
        Assert.Equal(new LoadAverages(0.37, 1.23, 10.11, running, threads), load);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0.1 0.2")]
    [InlineData("0.1 0.2 NaN")]
    [InlineData("0.1 -0.2 0.3")]
    public void Malformed_load_is_refused(string text) =>
        Assert.False(LoadAverages.TryParse(Encoding.UTF8.GetBytes(text), out _));

    [Theory]
    [InlineData("2421.96 4704.97\n", 2421L)]
    [InlineData("", null)]
    [InlineData("soon", null)]
    public void Uptime_is_read(string text, long? seconds) =>
        Assert.Equal(seconds, LoadAverages.ParseUptime(Encoding.UTF8.GetBytes(text)));
}
