using System.Globalization;

namespace Longwire.Hosting.Settings;

/// <summary>How settings are written: <c>256KiB</c>, <c>1.5MiB</c>, <c>500ms</c>, <c>10s</c>, <c>5min</c>.</summary>
internal static class SettingText
{
    /// <summary>What stands for <see cref="Timeout.InfiniteTimeSpan"/>.</summary>
    internal const string Never = "never";

    private static readonly (string Name, long Bytes)[] s_sizes =
        [("GiB", 1L << 30), ("MiB", 1L << 20), ("KiB", 1L << 10), ("B", 1)];

    private static readonly (string Name, long Ticks)[] s_times =
    [
        ("ms", TimeSpan.TicksPerMillisecond), ("s", TimeSpan.TicksPerSecond), // in this order: one ends with the other
        ("min", TimeSpan.TicksPerMinute), ("m", TimeSpan.TicksPerMinute),
        ("h", TimeSpan.TicksPerHour), ("d", TimeSpan.TicksPerDay),
    ];

    internal static bool TryCount(string text, out long count) =>
        long.TryParse(text.Replace("_", "", StringComparison.Ordinal), NumberStyles.AllowLeadingSign,
            CultureInfo.InvariantCulture, out count);

    /// <summary>Reads a size in bytes; a number alone is bytes.</summary>
    internal static bool TrySize(string text, out long bytes)
    {
        foreach ((string name, long unit) in s_sizes)
        {
            if (text.EndsWith(name, StringComparison.OrdinalIgnoreCase))
                return TryScale(text[..^name.Length], unit, out bytes);
        }
        return TryCount(text, out bytes);
    }

    /// <summary>
    /// Reads a time: a number with its unit (<c>ms</c>, <c>s</c>, <c>min</c> or <c>m</c>, <c>h</c>, <c>d</c>),
    /// <c>00:01:30</c>, <c>0</c>, or <see cref="Never"/>.
    /// </summary>
    internal static bool TryTime(string text, out TimeSpan time)
    {
        time = Timeout.InfiniteTimeSpan;
        if (text.Equals(Never, StringComparison.OrdinalIgnoreCase))
            return true;
        foreach ((string name, long unit) in s_times)
        {
            if (!text.EndsWith(name, StringComparison.OrdinalIgnoreCase))
                continue;
            bool isNumber = TryScale(text[..^name.Length], unit, out long ticks);
            time = TimeSpan.FromTicks(ticks);
            return isNumber;
        }
        if (text == "0")
        {
            time = TimeSpan.Zero;
            return true;
        }
        return text.Contains(':', StringComparison.Ordinal)
            && TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out time);
    }

    /// <summary>Writes a size in the largest unit that it is a whole number of.</summary>
    internal static string Size(long bytes)
    {
        foreach ((string name, long unit) in s_sizes)
        {
            if (bytes != 0 && bytes % unit == 0)
                return string.Create(CultureInfo.InvariantCulture, $"{bytes / unit}{name}");
        }
        return "0B";
    }

    /// <summary>Writes a time in the largest unit that it is a whole number of.</summary>
    internal static string Time(TimeSpan time)
    {
        if (time == Timeout.InfiniteTimeSpan)
            return Never;
        if (time == TimeSpan.Zero)
            return "0";
        (string name, long unit) = time.Ticks switch
        {
            var ticks when ticks % TimeSpan.TicksPerDay == 0 => ("d", TimeSpan.TicksPerDay),
            var ticks when ticks % TimeSpan.TicksPerHour == 0 => ("h", TimeSpan.TicksPerHour),
            var ticks when ticks % TimeSpan.TicksPerMinute == 0 => ("min", TimeSpan.TicksPerMinute),
            var ticks when ticks % TimeSpan.TicksPerSecond == 0 => ("s", TimeSpan.TicksPerSecond),
            _ => ("ms", TimeSpan.TicksPerMillisecond),
        };
        return string.Create(CultureInfo.InvariantCulture, $"{time.Ticks / (double)unit}{name}");
    }

    private static bool TryScale(string number, long unit, out long result)
    {
        result = 0;
        bool isNumber = decimal.TryParse(
            number.TrimEnd(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal value);
        if (!isNumber || value > long.MaxValue / unit)
            return false;
        result = (long)(value * unit);
        return true;
    }
}
