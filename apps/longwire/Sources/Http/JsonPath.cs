using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;

namespace Longwire.Service.Sources.Http;

/// <summary>
/// A path to one value in a JSON document: names with dots between, indexes from 0 in brackets, such as
/// <c>status.items[0].name</c> or <c>[2]</c>. Nothing else: no wildcards, no quotes, no names with <c>. [ ]</c>.
/// </summary>
internal sealed class JsonPath
{
    /// <summary>Most names and indexes of a path.</summary>
    public const int MaxSteps = 32;

    private readonly (string? Name, int Index)[] _steps;

    private JsonPath((string? Name, int Index)[] steps) => _steps = steps;

    public static bool TryParse(
        string text, [NotNullWhen(true)] out JsonPath? path, [NotNullWhen(false)] out string? error)
    {
        path = null;
        var steps = new List<(string? Name, int Index)>();
        int at = 0;
        while (at < text.Length)
        {
            bool isIndex = text[at] == '[';
            if (!isIndex && steps.Count > 0 && text[at++] != '.')
                return Refuse($"a dot or a bracket is missing at '{text[(at - 1)..]}'", out error);
            int end = isIndex ? text.IndexOf(']', at) : text.AsSpan(at).IndexOfAny('.', '[', ']') + at;
            if (!isIndex && end < at)
                end = text.Length;
            string step = end < 0 ? "" : text[(isIndex ? at + 1 : at)..end];
            int index = -1;
            if (isIndex && !int.TryParse(step, NumberStyles.None, CultureInfo.InvariantCulture, out index))
                return Refuse($"'{text[at..]}' begins with no index", out error);
            if (step.Length == 0)
            {
                return Refuse(
                    at < text.Length ? $"a name is missing at '{text[at..]}'" : "it ends with a dot", out error);
            }
            steps.Add((isIndex ? null : step, index));
            at = isIndex ? end + 1 : end;
        }
        if (steps.Count is 0 or > MaxSteps)
            return Refuse($"a path has 1 to {MaxSteps} names and indexes", out error);
        path = new JsonPath([.. steps]);
        error = null;
        return true;
    }

    /// <summary>Walks the path; false with the part of it that led nowhere.</summary>
    public bool TryFind(JsonElement root, out JsonElement value, [NotNullWhen(false)] out string? missing)
    {
        value = root;
        missing = null;
        for (int i = 0; i < _steps.Length; i++)
        {
            (string? name, int index) = _steps[i];
            bool found = name is null
                ? value.ValueKind is JsonValueKind.Array && index < value.GetArrayLength()
                : value.ValueKind is JsonValueKind.Object && value.TryGetProperty(name, out _);
            if (!found)
            {
                missing = Format(_steps.AsSpan(0, i + 1));
                return false;
            }
            value = name is null ? value[index] : value.GetProperty(name);
        }
        return true;
    }

    public override string ToString() => Format(_steps);

    private static string Format(ReadOnlySpan<(string? Name, int Index)> steps)
    {
        string text = "";
        foreach ((string? name, int index) in steps)
            text += name is null ? $"[{index}]" : text.Length == 0 ? name : $".{name}";
        return text;
    }

    private static bool Refuse(string why, out string? error)
    {
        error = why;
        return false;
    }
}
