using Microsoft.Extensions.Configuration;

namespace Longwire.Hosting.Settings;

/// <summary>Reads one section, and notices what nobody asked for.</summary>
/// <remarks>
/// Owner and concurrency: the reading of the settings. Bound: the configuration, which is in memory already.
/// </remarks>
internal sealed class SettingReader(IConfigurationSection section, List<SettingProblem> problems)
{
    private readonly Dictionary<string, IConfigurationSection> _children =
        section.GetChildren().ToDictionary(static child => child.Key, StringComparer.OrdinalIgnoreCase);

    private readonly HashSet<string> _known = new(StringComparer.OrdinalIgnoreCase);

    internal string Key => section.Path;

    internal string Name => section.Key;

    /// <summary>The full path of a key.</summary>
    internal string KeyOf(string name) => $"{section.Path}:{name}";

    internal bool Has(string name) => _children.ContainsKey(name);

    internal void Report(string name, string problem) => problems.Add(new(KeyOf(name), problem));

    internal void ReportSection(string problem) => problems.Add(new(Key, problem));

    /// <summary>Applies the section's values to the defaults.</summary>
    internal TOptions Apply<TOptions>(SettingTable<TOptions> table, TOptions defaults)
        where TOptions : class
    {
        TOptions options = defaults;
        foreach (Setting<TOptions> setting in table)
        {
            if (!Take(setting.Name, out IConfigurationSection? child))
                continue;
            if (child.Value is not { } text || child.GetChildren().Any())
                Report(setting.Name, $"one value belongs here, not a section or a list: {setting.Values}");
            else if (setting.Apply(options, text.Trim()) is { } changed)
                options = changed;
            else
                Report(setting.Name, $"{Quoted(setting, text)} must be {setting.Values}");
        }
        return options;
    }

    internal TOptions Apply<TOptions>(SettingTable<TOptions> table)
        where TOptions : class => Apply(table, table.Defaults);

    /// <summary>A section below this one; null when there is none, or something else stands in its place.</summary>
    internal SettingReader? Nested(string name)
    {
        if (!Take(name, out IConfigurationSection? child))
            return null;
        if (child.Value is not { Length: > 0 } value)
            return new SettingReader(child, problems);
        Report(name, $"'{value}' must be a section: {{ \"key\": value, … }}");
        return null;
    }

    /// <summary>The section's own sections, each under the name that its writer chose.</summary>
    internal IEnumerable<SettingReader> All() =>
        [.. section.GetChildren().Select(child => Nested(child.Key)).OfType<SettingReader>()];

    /// <summary>
    /// The texts of a list. One text is a list, too, with commas between its items; it hides the items of a list that
    /// another layer of the configuration has, while lists would be mixed item by item.
    /// </summary>
    internal IReadOnlyList<string>? Texts(string name)
    {
        if (!Take(name, out IConfigurationSection? child))
            return null;
        if (child.Value is { Length: > 0 } single)
            return single.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        IConfigurationSection[] items = [.. child.GetChildren()];
        if (Array.Find(items, static item => item.Value is null) is { } wrong)
            problems.Add(new(wrong.Path, "a text belongs here, not a section or a list"));
        return [.. items.Select(static item => item.Value).OfType<string>()];
    }

    /// <summary>The sections of a list.</summary>
    internal IReadOnlyList<SettingReader> Items(string name) => [.. Nested(name)?.All() ?? []];

    /// <summary>Knows a key that somebody else reads.</summary>
    internal void Skip(string name) => _known.Add(name);

    /// <summary>Reports the keys that nobody asked for.</summary>
    internal void End()
    {
        foreach (string unknown in _children.Keys.Where(name => !_known.Contains(name)))
        {
            string cure = NearestName.Of(unknown, _known) is { } nearest
                ? $"did you mean {nearest}?"
                : $"known here: {string.Join(", ", _known.Order(StringComparer.Ordinal))}";
            Report(unknown, $"there is no such key; {cure}");
        }
    }

    private static string Quoted<TOptions>(Setting<TOptions> setting, string text)
        where TOptions : class => setting.IsSecret ? "the value" : $"'{text}'";

    private bool Take(string name, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out IConfigurationSection? child)
    {
        _known.Add(name);
        return _children.TryGetValue(name, out child);
    }
}
