using System.Globalization;
using Longwire.Hosting.Settings;
using Microsoft.Extensions.Configuration;

namespace Longwire.Service.Sources.Configuration;

/// <summary>Reads the keys of one source and says what is wrong with them.</summary>
/// <remarks>
/// Every key that was asked for is known; <see cref="RefuseUnknown"/> refuses the others. A mistake yields a value that
/// is not used, so that one reading finds all mistakes.
/// </remarks>
internal sealed class SourceSection(IConfigurationSection section, ICollection<SettingProblem> errors)
{
    /// <summary>A day: what is read more seldom is no live status.</summary>
    public static readonly TimeSpan MaxDuration = TimeSpan.FromDays(1);

    /// <summary>Ten times a second.</summary>
    public static readonly TimeSpan MinDuration = TimeSpan.FromMilliseconds(100);

    private readonly SortedSet<string> _known = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether a mistake was told.</summary>
    public bool HasErrors { get; private set; }

    public void Add(string key, string problem)
    {
        HasErrors = true;
        errors.Add(new SettingProblem($"{section.Path}:{key}", problem));
    }

    /// <summary>The name is the section's key and one topic level.</summary>
    public string Name()
    {
        string name = section.Key;
        if (TopicName.Check(name) is not null || name.Contains('/') || HostSources.Names.Contains(name))
        {
            HasErrors = true;
            errors.Add(new SettingProblem(section.Path, $"'{name}' cannot name a source: "
                + "write one word without / + #, and none of " + string.Join(", ", HostSources.Names)));
        }
        return name;
    }

    /// <summary>The topic; the source's name when there is none.</summary>
    public string Topic()
    {
        string topic = OptionalText("topic") ?? section.Key;
        if (TopicName.Check(topic) is { } problem)
            Add("topic", $"'{topic}' is no topic: {problem}; write levels such as plant/line-1");
        else if (topic.StartsWith("longwire/", StringComparison.Ordinal))
            Add("topic", $"'{topic}' is under longwire/, which belongs to the service; choose another");
        return topic;
    }

    /// <summary>The keys that every source has.</summary>
    public SourceSchedule Schedule(SourceSchedule defaults, string? topic)
    {
        TimeSpan interval = Duration("interval", defaults.Interval, MinDuration);
        TimeSpan timeout = Duration("timeout", defaults.Timeout, MinDuration);
        TimeSpan least = interval < defaults.Jitter * 10 ? interval / 10 : defaults.Jitter;
        TimeSpan jitter = Duration("jitter", least, TimeSpan.Zero);
        var schedule = new SourceSchedule
        {
            Interval = interval,
            Timeout = timeout,
            Jitter = jitter,
            OnlyWhenWatched = Flag("onlyWhenWatched", fallback: false),
            Topic = topic,
        };
        TimeSpan staleness = Duration("staleness", schedule.Staleness, MinDuration, MaxDuration * 7);
        if (jitter > interval)
            Add("jitter", $"{Text(jitter)} is longer than the interval, {Text(interval)}; write at most the interval");
        else if (staleness < schedule.Interval + schedule.Jitter)
        {
            Add("staleness", $"{Text(staleness)} is over before the next reading, which may come after "
                + $"{Text(interval + jitter)} (interval + jitter); write more than that");
        }
        return schedule with { Staleness = staleness };
    }

    /// <summary>A text that must be there; empty after a mistake.</summary>
    public string Text(string key)
    {
        if (OptionalText(key) is { } text)
            return text;
        Add(key, section.GetSection(key).GetChildren().Any() ? "is a list; write one text" : "is missing");
        return "";
    }

    /// <summary>A text, or null when the key is not there or is empty.</summary>
    public string? OptionalText(string key)
    {
        _known.Add(key);
        return section[key] is { Length: > 0 } text ? text : null;
    }

    public string AbsolutePath(string key)
    {
        string path = Text(key);
        if (path.Length > 0 && !Path.IsPathFullyQualified(path))
            Add(key, $"'{path}' depends on the working directory; write the whole path");
        return path;
    }

    /// <summary>A list with at least one text.</summary>
    public IReadOnlyList<string> List(string key)
    {
        _known.Add(key);
        IConfigurationSection list = section.GetSection(key);
        string[] items = [.. list.GetChildren().Select(item => item.Value ?? "")];
        if (list.Value is { Length: > 0 } text)
        {
            string split = string.Join(", ", Quoted(text));
            Add(key, $"is one text, and no shell is used; write [{split}], or \"shell\": true");
        }
        else if (items.Length == 0)
            Add(key, "is missing; write a list: the program and its arguments");
        else if (items[0].Length == 0)
            Add(key, "begins with an empty text; write the program first");
        return items;
    }

    /// <summary>Names and values; none when the key is not there.</summary>
    public IReadOnlyDictionary<string, string> Map(string key)
    {
        _known.Add(key);
        return section.GetSection(key).GetChildren()
            .ToDictionary(item => item.Key, item => item.Value ?? "", StringComparer.OrdinalIgnoreCase);
    }

    public bool Flag(string key, bool fallback)
    {
        if (OptionalText(key) is not { } text)
            return fallback;
        if (bool.TryParse(text, out bool value))
            return value;
        Add(key, $"'{text}' is neither true nor false");
        return fallback;
    }

    public int Bytes(string key, int fallback)
    {
        if (OptionalText(key) is not { } text)
            return fallback;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value)
            && value is >= SourceKinds.LeastBytes and <= SourceKinds.MostBytes)
        {
            return value;
        }
        Add(key, $"'{text}' is no number of bytes from {SourceKinds.LeastBytes} to {SourceKinds.MostBytes}");
        return fallback;
    }

    /// <summary>One status, or a range of them: <c>200</c>, <c>200-299</c>.</summary>
    public (int Low, int High) StatusRange(string key, (int Low, int High) fallback)
    {
        if (OptionalText(key) is not { } text)
            return fallback;
        string[] ends = text.Split('-');
        if (ends.Length <= 2 && TryStatus(ends[0], out int low) && TryStatus(ends[^1], out int high) && low <= high)
            return (low, high);
        Add(key, $"'{text}' is no status and no range; write 200 or 200-299, from 100 to 599");
        return fallback;
    }

    /// <summary>One of several words; the fallback, or a mistake without one, when the key is not there.</summary>
    public T? Choice<T>(string key, (string Word, T Value)[] choices, T? fallback)
        where T : struct
    {
        string? text = OptionalText(key);
        foreach ((string word, T value) in choices)
        {
            if (string.Equals(word, text, StringComparison.OrdinalIgnoreCase))
                return value;
        }
        string all = string.Join(", ", choices.Select(choice => choice.Word));
        if (text is not null)
        {
            string nearest = Nearest.To(text, choices.Select(choice => choice.Word)) is { } word
                ? $"did you mean '{word}'? It is one of {all}" : $"write one of {all}";
            Add(key, $"'{text}' is not known; {nearest}");
        }
        else if (fallback is null)
        {
            Add(key, $"is missing; write one of {all}");
        }
        return fallback;
    }

    /// <summary>A mistake for each key that nobody asked for.</summary>
    public void RefuseUnknown()
    {
        foreach (IConfigurationSection child in section.GetChildren())
        {
            if (_known.Contains(child.Key))
                continue;
            string cure = Nearest.To(child.Key, _known) is { } near
                ? $"did you mean '{near}'?" : $"known are {string.Join(", ", _known)}";
            Add(child.Key, $"is not known here; {cure}");
        }
    }

    private TimeSpan Duration(string key, TimeSpan fallback, TimeSpan min) => Duration(key, fallback, min, MaxDuration);

    private TimeSpan Duration(string key, TimeSpan fallback, TimeSpan min, TimeSpan max)
    {
        if (OptionalText(key) is not { } text)
            return fallback;
        if (!SettingText.TryTime(text.Trim(), out TimeSpan value))
            Add(key, $"'{text}' is no duration; write a number and a unit, such as 500ms, 10s, 5min, 1h or 1d");
        else if (value < min || value > max)
            Add(key, $"{text} is out of range; write {Text(min)} to {Text(max)}");
        else
            return value;
        return fallback;
    }

    private static string Text(TimeSpan span) => SettingText.Time(span);

    private static bool TryStatus(string text, out int status) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out status) && status is >= 100 and <= 599;

    private static IEnumerable<string> Quoted(string text) =>
        text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => $"\"{word}\"");
}
