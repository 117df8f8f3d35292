using System.Collections;
using System.Globalization;

namespace Longwire.Hosting.Settings;

/// <summary>The keys of a section. One table reads it, checks it, shows it and writes the commented file.</summary>
/// <remarks>
/// No reflection, so that it is clean for trimming and NativeAOT, and messages can name the key, the range and the
/// cure: <c>docs/decisions/0015-settings-are-read-by-tables.md</c>. Bound: as many as the code declares.
/// </remarks>
internal sealed class SettingTable<TOptions>(TOptions defaults) : IEnumerable<Setting<TOptions>>
    where TOptions : class
{
    private readonly List<Setting<TOptions>> _settings = [];

    internal TOptions Defaults { get; } = defaults;

    internal SettingTable<TOptions> Count(
        string name, (int Min, int Max) range, Func<TOptions, int> get, Func<TOptions, int, TOptions> set,
        string meaning)
    {
        string values = string.Create(
            CultureInfo.InvariantCulture, $"a whole number from {range.Min} to {range.Max}");
        return Add(new(name, values, meaning,
            options => get(options).ToString(CultureInfo.InvariantCulture),
            (options, text) => SettingText.TryCount(text, out long count) && count >= range.Min && count <= range.Max
                ? set(options, (int)count)
                : null)
        {
            IsBare = true,
        });
    }

    internal SettingTable<TOptions> Size(
        string name, (long Min, long Max) range, Func<TOptions, long> get, Func<TOptions, long, TOptions> set,
        string meaning)
    {
        string values = range.Max == long.MaxValue
            ? $"a size of at least {SettingText.Size(range.Min)}, such as 256KiB or 1MiB"
            : $"a size from {SettingText.Size(range.Min)} to {SettingText.Size(range.Max)}, such as 256KiB or 1MiB";
        return Add(new(name, values, meaning,
            options => SettingText.Size(get(options)),
            (options, text) => SettingText.TrySize(text, out long bytes) && bytes >= range.Min && bytes <= range.Max
                ? set(options, bytes)
                : null));
    }

    /// <summary>A size that is an <see cref="int"/> in the options.</summary>
    internal SettingTable<TOptions> Size(
        string name, int min, Func<TOptions, int> get, Func<TOptions, int, TOptions> set, string meaning) =>
        Size(name, (min, 1 << 30), options => get(options), (options, bytes) => set(options, (int)bytes), meaning);

    internal SettingTable<TOptions> Time(
        string name, Func<TOptions, TimeSpan> get, Func<TOptions, TimeSpan, TOptions> set, string meaning) =>
        AddTime(name, "", static _ => false, get, set, meaning);

    /// <summary>A time that may be <c>never</c>.</summary>
    internal SettingTable<TOptions> TimeOrNever(
        string name, Func<TOptions, TimeSpan> get, Func<TOptions, TimeSpan, TOptions> set, string meaning) =>
        AddTime(
            name, $", or {SettingText.Never}", static time => time == Timeout.InfiniteTimeSpan, get, set, meaning);

    internal SettingTable<TOptions> Switch(
        string name, Func<TOptions, bool> get, Func<TOptions, bool, TOptions> set, string meaning) =>
        Add(new(name, "true or false", meaning,
            options => get(options) ? "true" : "false",
            (options, text) => bool.TryParse(text, out bool value) ? set(options, value) : null)
        {
            IsBare = true,
        });

    internal SettingTable<TOptions> Choice<TEnum>(
        string name, Func<TOptions, TEnum> get, Func<TOptions, TEnum, TOptions> set, string meaning,
        params TEnum[] allowed)
        where TEnum : struct, Enum
    {
        TEnum[] values = allowed.Length > 0 ? allowed : Enum.GetValues<TEnum>();
        string last = Camel(values[^1].ToString());
        string all = $"{string.Join(", ", values[..^1].Select(static value => Camel(value.ToString())))} or {last}";
        return Add(new(name, all, meaning,
            options => Camel(get(options).ToString()),
            (options, text) =>
            {
                // Not Enum.Parse: it takes numbers.
                int index = Array.FindIndex(
                    values, value => value.ToString().Equals(text, StringComparison.OrdinalIgnoreCase));
                return index < 0 ? null : set(options, values[index]);
            })
        {
            IsChoice = true,
        });
    }

    /// <summary>A text with a check of its own, which says what is wrong; null when nothing is.</summary>
    internal SettingTable<TOptions> Text(
        string name, (string Values, string Example) text, Func<TOptions, string?> get,
        Func<TOptions, string, TOptions?> set, string meaning) =>
        Add(new(name, text.Values, meaning, options => get(options) ?? "", set) { Example = text.Example });

    /// <summary>A text that nobody is shown.</summary>
    internal SettingTable<TOptions> Secret(string name, Func<TOptions, string, TOptions> set, string meaning) =>
        Add(new(name, "a text", meaning, static _ => "", set) { IsSecret = true, Example = "…" });

    public IEnumerator<Setting<TOptions>> GetEnumerator() => _settings.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal static string Camel(string name) => char.ToLowerInvariant(name[0]) + name[1..];

    private SettingTable<TOptions> AddTime(
        string name, string or, Func<TimeSpan, bool> isSpecial, Func<TOptions, TimeSpan> get,
        Func<TOptions, TimeSpan, TOptions> set, string meaning) =>
        Add(new(name, $"a time from 1ms to 24d, such as 500ms, 10s or 5min{or}", meaning,
            options => SettingText.Time(get(options)),
            (options, text) => SettingText.TryTime(text, out TimeSpan time)
                && (isSpecial(time) || (time >= TimeSpan.FromMilliseconds(1) && time <= TimeSpan.FromDays(24)))
                ? set(options, time)
                : null));

    private SettingTable<TOptions> Add(Setting<TOptions> setting)
    {
        _settings.Add(setting);
        return this;
    }
}
