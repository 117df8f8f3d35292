using System.Text.RegularExpressions;

namespace Longwire.Tidy.Tests;

/// <summary>What documents name has to exist: paths, links, types; and a decision has its four parts.</summary>
internal static partial class DocumentRules
{
    private static readonly string[] DecisionHeadings = ["Status", "Context", "Decision", "Consequences"];

    internal static IEnumerable<Violation> CheckPaths(SourceFile document, Func<string, bool> exists)
    {
        string[] lines = document.Lines;
        for (int i = 0; i < lines.Length; i++)
        {
            foreach (Match match in RepositoryPath().Matches(lines[i]))
            {
                string path = match.Groups["path"].Value.TrimEnd('/', '.', ',', ':', ';');
                if (!IsBuilt(path) && !exists(path))
                    yield return document.At(i + 1, $"{path} does not exist");
            }
        }
    }

    /// <summary>What a build or a run makes is not there in a clean clone.</summary>
    private static bool IsBuilt(string path) =>
        path.Contains("/bin/", StringComparison.Ordinal) || path.StartsWith("bench/out/", StringComparison.Ordinal);

    internal static IEnumerable<Violation> CheckLinks(SourceFile document, Func<string, bool> exists)
    {
        foreach ((string line, int number) in Prose(document))
        {
            foreach (Match match in Link().Matches(InlineCode().Replace(line, "")))
            {
                string target = match.Groups["target"].Value.Split('#')[0];
                if (target.Length == 0 || target.Contains(':', StringComparison.Ordinal))
                    continue; // a place in this document, or another site
                string root = Path.GetFullPath("/");
                string full = Path.GetFullPath(Path.Combine(root, document.Folder, target));
                string path = Path.GetRelativePath(root, full).Replace('\\', '/');
                if (!exists(path))
                    yield return document.At(number, $"the link to {target} leads nowhere");
            }
        }
    }

    internal static IEnumerable<Violation> CheckNames(SourceFile document, IReadOnlySet<string> known)
    {
        foreach ((string line, int number) in Prose(document))
        {
            foreach (Match match in InlineCode().Matches(line))
            {
                // `Frame.AddVariant(key)` names two things; `a = b` or `host/cpu` names none.
                string code = match.Groups["code"].Value.Split('(', '<')[0];
                if (!DottedName().IsMatch(code))
                    continue;
                string[] names = [.. code.Split('.').Where(name => TypeName().IsMatch(name))];
                foreach (string name in names.Where(name => !known.Contains(name)))
                    yield return document.At(number, $"`{name}` is declared nowhere");
            }
        }
    }

    internal static IEnumerable<Violation> CheckDecisions(IEnumerable<SourceFile> documents)
    {
        var numbers = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (SourceFile document in documents.Where(document => document.IsUnder("docs/decisions")))
        {
            if (document.Name == "README")
                continue;
            Match name = DecisionName().Match(document.Name);
            if (!name.Success)
                yield return document.At(1, "a decision is named NNNN-title.md");
            else if (!numbers.TryAdd(name.Groups["number"].Value, document.Path))
                yield return document.At(1, $"the number is taken by {numbers[name.Groups["number"].Value]}");
            string[] headings = [.. document.Lines.Select(line => line.TrimEnd())];
            foreach (string heading in DecisionHeadings.Where(heading => !headings.Contains($"## {heading}")))
                yield return document.At(1, $"the heading '## {heading}' is missing");
        }
    }

    /// <summary>The index lists every decision, or it would silently fall behind.</summary>
    internal static IEnumerable<Violation> CheckDecisionIndex(SourceFile index, IEnumerable<SourceFile> documents)
    {
        foreach (SourceFile document in documents.Where(document => document.IsUnder("docs/decisions")))
        {
            if (document.Name != "README" && !index.Text.Contains($"({document.Name}.md)", StringComparison.Ordinal))
                yield return index.At(1, $"{document.Name}.md is not listed");
        }
    }

    /// <summary>Lines outside fenced blocks, with their numbers.</summary>
    private static IEnumerable<(string Line, int Number)> Prose(SourceFile document)
    {
        bool fenced = false;
        string[] lines = document.Lines;
        for (int i = 0; i < lines.Length; i++)
        {
            if (lines[i].TrimStart().StartsWith("```", StringComparison.Ordinal))
                fenced = !fenced;
            else if (!fenced)
                yield return (lines[i], i + 1);
        }
    }

    // At the start of a word: in `backticks`, in (links), and in commands such as "--project apps/longwire".
    [GeneratedRegex(@"(?<![\w/.\-<])(?<path>(src|apps|docs|test|samples|bench|packages)/[\w.\-/*]+)")]
    private static partial Regex RepositoryPath();

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)(\s+""[^""]*"")?\)")]
    private static partial Regex Link();

    [GeneratedRegex("`(?<code>[^`]+)`")]
    private static partial Regex InlineCode();

    [GeneratedRegex(@"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$")]
    private static partial Regex DottedName();

    [GeneratedRegex("^[A-Z][a-z0-9]+([A-Z][a-z0-9]*)+$")]
    private static partial Regex TypeName();

    [GeneratedRegex(@"^(?<number>\d{4})-[a-z0-9][a-z0-9\-]*$")]
    private static partial Regex DecisionName();
}
