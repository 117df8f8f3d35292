using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;

namespace Longwire.Service.Console;

/// <summary>Makes JSON that somebody typed into the one form that is published: valid, without white space.</summary>
internal static class JsonLine
{
    /// <summary>
    /// Checks and compacts; <paramref name="error"/> says where it is wrong. Numbers and strings stay as they are
    /// written: nobody's 1.10 becomes 1.1.
    /// </summary>
    public static bool TryCompact(
        string text, [NotNullWhen(true)] out byte[]? json, [NotNullWhen(false)] out string? error)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        (json, error) = (null, null);
        try
        {
            var reader = new Utf8JsonReader(bytes); // RFC 8259: no comments, no trailing commas; at most 64 deep
            while (reader.Read())
            {
            }
        }
        catch (JsonException exception)
        {
            // The reader ends its message with the place in its own words, which count from 0.
            string why = exception.Message.Split(" LineNumber:")[0].TrimEnd('.');
            error = $"not JSON at byte {exception.BytePositionInLine + 1}: {why}";
            return false;
        }
        json = WithoutWhiteSpace(bytes);
        return true;
    }

    /// <summary>Of valid JSON, in which white space outside strings means nothing.</summary>
    private static byte[] WithoutWhiteSpace(byte[] json)
    {
        int length = 0;
        bool quoted = false;
        for (int i = 0; i < json.Length; i++)
        {
            byte b = json[i];
            if (!quoted && b is (byte)' ' or (byte)'\t')
                continue;
            json[length++] = b;
            if (b == '"')
                quoted = !quoted;
            else if (b == '\\' && i + 1 < json.Length)
                json[length++] = json[++i]; // in a string; what is escaped does not end it
        }
        return json[..length];
    }
}
