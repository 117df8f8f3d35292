namespace Longwire;

/// <summary>
/// A topic filter with MQTT's wildcards: <c>+</c> is one level, <c>#</c> at the end is any number of levels.
/// </summary>
/// <remarks>
/// Levels are separated by <c>/</c> ([MQTT-4.7.1], the same in versions 3.1.1 and 5). <c>a/#</c> matches <c>a</c> too.
/// A wildcard at the first level does not match topics that begin with <c>$</c> ([MQTT-4.7.2-1]).
/// </remarks>
public sealed class TopicFilter : IEquatable<TopicFilter>
{
    private readonly string _text;

    private TopicFilter(string text, string[] levels)
    {
        _text = text;
        Levels = levels;
        IsExact = !Array.Exists(levels, static level => level is "+" or "#");
    }

    /// <summary>True when there is no wildcard: the filter is one topic's name.</summary>
    public bool IsExact { get; }

    internal string[] Levels { get; }

    /// <summary>
    /// Reads a filter; <paramref name="error"/> says what is wrong with it and how a right one looks.
    /// </summary>
    public static bool TryParse(
        string? text,
        [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out TopicFilter? filter,
        [System.Diagnostics.CodeAnalysis.NotNullWhen(false)] out string? error)
    {
        filter = null;
        error = TopicName.CheckText(text, "filter");
        if (error is not null)
            return false;
        string[] levels = text!.Split('/');
        for (int i = 0; i < levels.Length; i++)
        {
            if (levels[i].Contains('#') && (levels[i] != "#" || i != levels.Length - 1))
                error = "'#' stands alone as the last level, as in host/#";
            else if (levels[i].Contains('+') && levels[i] != "+")
                error = "'+' stands alone in its level, as in host/+/root";
        }
        if (error is not null)
            return false;
        filter = new TopicFilter(text, levels);
        return true;
    }

    /// <summary>Reads a filter.</summary>
    /// <exception cref="FormatException">The text is no filter; the message says why.</exception>
    public static TopicFilter Parse(string text) =>
        TryParse(text, out TopicFilter? filter, out string? error) ? filter : throw new FormatException(error);

    /// <summary>Whether the filter matches a topic's name.</summary>
    public bool Matches(string topic)
    {
        ArgumentNullException.ThrowIfNull(topic);
        if (IsExact)
            return string.Equals(_text, topic, StringComparison.Ordinal);
        if (topic.StartsWith('$') && (Levels[0] is "+" or "#"))
            return false;
        ReadOnlySpan<char> rest = topic;
        for (int i = 0; i < Levels.Length; i++)
        {
            if (Levels[i] == "#")
                return true;
            int slash = rest.IndexOf('/');
            ReadOnlySpan<char> level = slash < 0 ? rest : rest[..slash];
            if (Levels[i] != "+" && !level.SequenceEqual(Levels[i]))
                return false;
            if (slash < 0) // the topic ends here: the filter must, too, or go on with '#', which matches the parent
                return i == Levels.Length - 1 || (i == Levels.Length - 2 && Levels[^1] == "#");
            rest = rest[(slash + 1)..];
        }
        return false;
    }

    /// <inheritdoc/>
    public bool Equals(TopicFilter? other) =>
        other is not null && string.Equals(_text, other._text, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as TopicFilter);

    /// <inheritdoc/>
    public override int GetHashCode() => _text.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => _text;
}
