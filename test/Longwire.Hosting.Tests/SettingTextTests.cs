using CsCheck;
using Longwire.Hosting.Settings;

namespace Longwire.Hosting.Tests;

/// <summary>Times and sizes as people write them.</summary>
public sealed class SettingTextTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("4096", 4096)]
    [InlineData("4_096", 4096)]
    [InlineData("64KiB", 65536)]
    [InlineData("64 kib", 65536)]
    [InlineData("1.5MiB", 1572864)]
    [InlineData("2GiB", 2147483648)]
    [InlineData("7B", 7)]
    public void Sizes_have_units_or_are_bytes(string text, long bytes)
    {
        Assert.True(SettingText.TrySize(text, out long read));
        Assert.Equal(bytes, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("KiB")]
    [InlineData("1MB")]
    [InlineData("-1KiB")]
    [InlineData("1e3")]
    [InlineData("99999999999GiB")]
    [InlineData("many")]
    public void What_is_no_size_is_refused(string text) => Assert.False(SettingText.TrySize(text, out _));

    [Theory]
    [InlineData("500ms", 500)]
    [InlineData("10s", 10_000)]
    [InlineData("1.5min", 90_000)]
    [InlineData("1.5m", 90_000)]
    [InlineData("2H", 7_200_000)]
    [InlineData("1d", 86_400_000)]
    [InlineData("00:01:30", 90_000)]
    [InlineData("never", -1)]
    [InlineData("0", 0)]
    public void Times_have_units(string text, long milliseconds)
    {
        Assert.True(SettingText.TryTime(text, out TimeSpan read));
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("10")]
    [InlineData("s")]
    [InlineData("-10s")]
    [InlineData("10mm")]
    [InlineData("∞s")]
    [InlineData("10 minutes")]
    [InlineData("1:2:3:4:5")]
    [InlineData("99999999999999999999d")]
    public void What_is_no_time_is_refused(string text) => Assert.False(SettingText.TryTime(text, out _));

    [Theory]
    [InlineData(0, "0")]
    [InlineData(1, "1ms")]
    [InlineData(1500, "1500ms")]
    [InlineData(90_000, "90s")]
    [InlineData(300_000, "5min")]
    [InlineData(5_400_000, "90min")]
    [InlineData(3_600_000, "1h")]
    [InlineData(604_800_000, "7d")]
    [InlineData(-1, "never")]
    public void Times_are_written_in_the_largest_unit(long milliseconds, string text) =>
        Assert.Equal(text, SettingText.Time(TimeSpan.FromMilliseconds(milliseconds)));

    [Fact]
    public void What_is_written_is_read_again()
    {
        Gen.Long[0, long.MaxValue].Sample(bytes =>
            SettingText.TrySize(SettingText.Size(bytes), out long read) && read == bytes);
        Gen.Long[0, 1L << 40].Sample(milliseconds =>
        {
            TimeSpan time = TimeSpan.FromMilliseconds(milliseconds);
            return SettingText.TryTime(SettingText.Time(time), out TimeSpan read) && read == time;
        });
    }

    [Fact]
    public void Any_text_is_read_or_refused() => Gen.String.Sample(static text =>
    {
        SettingText.TrySize(text, out _);
        SettingText.TryTime(text, out _);
        SettingText.TryCount(text, out _);
    });

    [Theory]
    [InlineData("maxConections", "maxConnections")]
    [InlineData("MAXCONNECTIONSS", "maxConnections")]
    [InlineData("loop", "loops")]
    [InlineData("swap", null)]
    public void The_nearest_name_is_near(string typed, string? nearest) =>
        Assert.Equal(nearest, NearestName.Of(typed, ["loops", "maxConnections", "poller"]));
}
