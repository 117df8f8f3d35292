namespace Longwire;

/// <summary>The rules of topic names.</summary>
public static class TopicName
{
    /// <summary>
    /// Most characters in a name or filter: 256. MQTT allows 65,535 bytes; a name is stored per topic and sent with
    /// each value.
    /// </summary>
    public const int MaxLength = 256;

    /// <summary>Most levels in a name or filter: 32.</summary>
    public const int MaxLevels = 32;

    /// <summary>Null when <paramref name="name"/> may be published to; else what is wrong with it.</summary>
    public static string? Check(string? name) =>
        CheckText(name, "topic")
        ?? (name!.AsSpan().IndexOfAny('+', '#') >= 0
            ? "a topic to publish to has no wildcard; '+' and '#' belong in filters"
            : null);

    internal static string? CheckText(string? text, string what)
    {
        if (string.IsNullOrEmpty(text))
            return $"the {what} is empty; write one such as host/cpu";
        if (text.Length > MaxLength)
            return $"the {what} has {text.Length} characters; at most {MaxLength} are allowed";
        int levels = 1;
        foreach (char c in text)
        {
            if (c == '/')
                levels++;
            else if (char.IsControl(c) || char.IsWhiteSpace(c))
                return $"the {what} holds white space or a control character; use letters, digits and / - _ .";
        }
        return levels > MaxLevels ? $"the {what} has {levels} levels; at most {MaxLevels} are allowed" : null;
    }
}
