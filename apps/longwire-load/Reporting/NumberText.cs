using System.Globalization;

namespace Longwire.Load.Reporting;

/// <summary>Numbers as people read them, the same in every language.</summary>
internal static class NumberText
{
    /// <summary>A space at which no line breaks.</summary>
    private const string Space = "\u00A0";

    private static readonly string[] s_exact = ["0.0000", "0.000", "0.00", "0.0", "#,0"];
    private static readonly string[] s_short = ["0.####", "0.###", "0.##", "0.#", "#,0"];

    /// <summary>What was counted.</summary>
    internal static string Count(double value) => value.ToString("#,0", CultureInfo.InvariantCulture);

    /// <summary>What was measured: three digits that count, or four decimals, zeros and all.</summary>
    internal static string Measure(double value) => Format(value, s_exact);

    /// <summary>The number of a tick on an axis, which is round.</summary>
    internal static string Tick(double value) => Format(value, s_short);

    /// <summary>A measured duration of microseconds in µs, ms or s.</summary>
    internal static string Duration(double microseconds) => Duration(microseconds, Measure);

    internal static string TickDuration(double microseconds) =>
        microseconds == 0 ? "0" : Duration(microseconds, Tick);

    /// <summary>Bytes as they are below a mebibyte, since a budget of 512 bytes wants no rounding.</summary>
    internal static string Bytes(double bytes) => Math.Abs(bytes) switch
    {
        >= 1 << 30 => Measure(bytes / (1 << 30)) + Space + "GiB",
        >= 1 << 20 => Measure(bytes / (1 << 20)) + Space + "MiB",
        _ => Count(bytes) + Space + "B",
    };

    /// <summary>Two decimals: the interval says how many of them mean something.</summary>
    internal static string Ratio(double ratio) => ratio.ToString("0.00", CultureInfo.InvariantCulture) + "×";

    internal static string Interval(double low, double high) =>
        string.Create(CultureInfo.InvariantCulture, $"{low:0.00}–{high:0.00}");

    // The borders lie where rounding adds a digit: 999.5 is 1,000.
    private static string Duration(double microseconds, Func<double, string> number) => microseconds switch
    {
        >= 999_500 => number(microseconds / 1e6) + Space + "s",
        >= 999.5 => number(microseconds / 1e3) + Space + "ms",
        _ => number(microseconds) + Space + "µs",
    };

    private static string Format(double value, string[] formats) => value.ToString(formats[Math.Abs(value) switch
    {
        0 => 4,
        >= 99.95 => 4,
        >= 9.995 => 3,
        >= 0.9995 => 2,
        >= 0.09995 => 1,
        _ => 0,
    }], CultureInfo.InvariantCulture);
}
