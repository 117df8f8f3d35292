using System.Globalization;

namespace Longwire.Service.Sources.Configuration;

/// <summary>
/// Durations as people write them: <c>500ms</c>, <c>10s</c>, <c>1.5m</c>, <c>1h</c>, <c>1d</c>, <c>0</c>.
/// </summary>
internal static class DurationText
{
    private static readonly (string Unit, TimeSpan Length)[] s_units = // longest first; "ms" before "s"
    [
        ("d", TimeSpan.FromDays(1)), ("h", TimeSpan.FromHours(1)), ("ms", TimeSpan.FromMilliseconds(1)),
        ("m", TimeSpan.FromMinutes(1)), ("s", TimeSpan.FromSeconds(1)),
    ];

    public static bool TryParse(string text, out TimeSpan value)
    {
        value = default;
        if (text == "0")
            return true;
        foreach ((string unit, TimeSpan length) in s_units)
        {
            if (!text.EndsWith(unit, StringComparison.Ordinal))
                continue;
            bool isNumber = double.TryParse(
                text.AsSpan(0, text.Length - unit.Length), NumberStyles.AllowDecimalPoint,
                CultureInfo.InvariantCulture, out double number);
            if (!isNumber || number > TimeSpan.MaxValue / length / 2)
                return false;
            value = length * number;
            return true;
        }
        return false;
    }

    /// <summary>In the largest unit that makes it a whole number.</summary>
    public static string Format(TimeSpan value)
    {
        if (value == TimeSpan.Zero)
            return "0";
        (string name, TimeSpan length) = s_units.OrderByDescending(unit => unit.Length)
            .FirstOrDefault(unit => value.Ticks % unit.Length.Ticks == 0, s_units[2]);
        return string.Create(CultureInfo.InvariantCulture, $"{value / length:0.###}{name}");
    }
}
