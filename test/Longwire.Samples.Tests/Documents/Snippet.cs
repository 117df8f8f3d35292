namespace Longwire.Samples.Tests.Documents;

/// <summary>A block of a document that says it is C#.</summary>
/// <param name="Document">The path from the root, with forward slashes.</param>
/// <param name="Line">The line of its first line, from 1.</param>
/// <param name="Code">What stands in it.</param>
internal sealed record Snippet(string Document, int Line, string Code)
{
    private const string Fence = "```";

    internal static IEnumerable<Snippet> In(string document, string text)
    {
        string[] lines = text.ReplaceLineEndings("\n").Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            if (!lines[i].StartsWith(Fence, StringComparison.Ordinal))
                continue;
            int first = i + 1;
            int end = Array.FindIndex(lines, first, static line => line.StartsWith(Fence, StringComparison.Ordinal));
            if (end < 0)
                throw new InvalidDataException($"{document}:{i + 1}: the block does not end");
            if (lines[i] == Fence + "csharp")
                yield return new Snippet(document, first + 1, string.Join('\n', lines[first..end]));
            i = end;
        }
    }

    /// <summary>The snippet where it would stand in a program, so that it is a whole file.</summary>
    internal string InPlace()
    {
        string[] lines = Code.Split('\n');
        string[] usings = [.. lines.TakeWhile(IsUsing)];
        string rest = string.Join('\n', lines[usings.Length..]);
        string code = $"#line {Line + usings.Length} \"{Document}\"\n{rest}\n#line default\n";
        string start = rest.TrimStart();
        if (start.StartsWith(".Listen(", StringComparison.Ordinal))
            code = $"TcpServer.Create(o => o\n{code});";
        else if (start.StartsWith('.'))
            code = $"TcpServer.Create(o => o.Listen(\"\", e => e.Framing(Lines.Utf8(maxBytes: 4096))\n{code}));";
        if (!IsDeclaration(start))
            code = $"partial class Program\n{{\nasync Task Run()\n{{\nawait Task.Yield();\n{code}}}\n}}\n";
        return $"{string.Join('\n', usings)}\n{code}";
    }

    private static bool IsUsing(string line) =>
        line.StartsWith("using ", StringComparison.Ordinal) && !line.Contains('=', StringComparison.Ordinal);

    private static bool IsDeclaration(string start) =>
        start.StartsWith("///", StringComparison.Ordinal) || start.StartsWith("public ", StringComparison.Ordinal)
        || start.StartsWith("internal ", StringComparison.Ordinal);
}
