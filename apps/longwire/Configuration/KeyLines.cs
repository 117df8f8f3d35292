using System.Text.Json;

namespace Longwire.Service.Configuration;

/// <summary>Where in a file a key stands, for messages.</summary>
internal static class KeyLines
{
    private static readonly JsonReaderOptions s_options =
        new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <summary>The line of a key, or of what it is missing in, from 1 on; null when it is not in the file.</summary>
    public static int? Find(ReadOnlySpan<byte> json, string key)
    {
        if (json.StartsWith("\uFEFF"u8))
            json = json[3..];
        int found = -1;
        int length = 0;
        var reader = new Utf8JsonReader(json, s_options);
        var open = new Stack<(string Key, int NextItem)>(); // an object has no next item
        string name = "";
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray)
            {
                open.Pop();
                continue;
            }
            if (reader.TokenType == JsonTokenType.PropertyName)
                name = Join(open.Peek().Key, reader.GetString()!);
            else if (open.TryPeek(out (string Key, int NextItem) top) && top.NextItem >= 0)
            {
                open.Pop();
                open.Push((top.Key, top.NextItem + 1));
                name = Join(top.Key, $"{top.NextItem}");
            }
            if (name.Length > length && IsWithin(key, name))
                (length, found) = (name.Length, (int)reader.TokenStartIndex);
            if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
                open.Push((name, reader.TokenType == JsonTokenType.StartArray ? 0 : -1));
        }
        return found < 0 ? null : json[..found].Count((byte)'\n') + 1;
    }

    private static string Join(string section, string name) => section.Length == 0 ? name : $"{section}:{name}";

    private static bool IsWithin(string key, string name) =>
        key.StartsWith(name, StringComparison.OrdinalIgnoreCase)
        && (key.Length == name.Length || key[name.Length] == ':');
}
