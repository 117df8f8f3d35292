using System.Text;
using System.Text.Unicode;

namespace Longwire.Service.Console;

/// <summary>What a received line is.</summary>
internal enum LineKind
{
    /// <summary>White space only.</summary>
    Empty,

    /// <summary>A word, and perhaps more behind it.</summary>
    Command,

    /// <summary>Text with a control character in it, such as an arrow key sends: somebody's slip.</summary>
    ControlCharacter,

    /// <summary>No text: a NUL, or bytes that are not UTF-8. The peer speaks another protocol.</summary>
    Binary,

    /// <summary>
    /// HTTP. A web page can make a browser send a POST to any port of its own machine; were its lines read as commands,
    /// the page could publish.
    /// </summary>
    Http,
}

/// <summary>A line cut into the command and what stands behind it.</summary>
internal readonly record struct ConsoleLine(LineKind Kind, string Verb = "", string Rest = "")
{
    private static readonly char[] s_blanks = [' ', '\t'];

    public static ConsoleLine Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Contains((byte)0) || !Utf8.IsValid(bytes))
            return new ConsoleLine(LineKind.Binary);
        string text = Encoding.UTF8.GetString(bytes).Trim(s_blanks);
        if (text.Length == 0)
            return new ConsoleLine(LineKind.Empty);
        if (text.Any(static c => char.IsControl(c) && c != '\t'))
            return new ConsoleLine(LineKind.ControlCharacter);
        (string verb, string rest) = TakeWord(text);
        bool http = text.EndsWith(" HTTP/1.1", StringComparison.Ordinal)
            || text.EndsWith(" HTTP/1.0", StringComparison.Ordinal)
            || verb.Equals("Host:", StringComparison.OrdinalIgnoreCase);
        return new ConsoleLine(http ? LineKind.Http : LineKind.Command, verb, rest);
    }

    /// <summary>Cuts the first word off.</summary>
    public static (string Word, string After) TakeWord(string text)
    {
        int end = text.IndexOfAny(s_blanks);
        return end < 0 ? (text, "") : (text[..end], text[end..].TrimStart(s_blanks));
    }
}
