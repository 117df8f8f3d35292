using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Longwire.Tidy.Tests;

/// <summary>What one C# file may look like. The rules read syntax, so a word in a string is no offence.</summary>
internal static partial class CodeRules
{
    private const int MaxColumns = 120;
    private const int MaxMethodLines = 70;
    private const int MaxFileLines = 400;
    private const int MaxTestFileLines = 600;

    private static readonly HashSet<string> VagueWords = new(
        ["Manager", "Helper", "Helpers", "Util", "Utils", "Utility", "Utilities", "Processor", "Data", "Info"],
        StringComparer.Ordinal);

    private const string UnfinishedException = "NotImplementedException";

    internal static IEnumerable<Violation> CheckSizes(SourceFile file)
    {
        string[] lines = file.Lines;
        int max = file.IsUnder("test", "bench") ? MaxTestFileLines : MaxFileLines;
        int length = lines[^1].Length == 0 ? lines.Length - 1 : lines.Length;
        if (length > max)
            yield return file.At(max, $"the file has {length} lines, more than {max}");
        for (int i = 0; i < lines.Length; i++)
        {
            if (lines[i].Length > MaxColumns)
                yield return file.At(i + 1, $"the line has {lines[i].Length} columns, more than {MaxColumns}");
        }
        foreach (SyntaxNode member in Parse(file).DescendantNodes().Where(IsMethod))
        {
            FileLinePositionSpan span = member.SyntaxTree.GetLineSpan(member.Span);
            int height = span.EndLinePosition.Line - span.StartLinePosition.Line + 1;
            if (height > MaxMethodLines)
                yield return file.At(LineOf(member), $"the method has {height} lines, more than {MaxMethodLines}");
        }
    }

    internal static IEnumerable<Violation> CheckTypeNames(SourceFile file)
    {
        foreach (SyntaxToken name in Parse(file).DescendantNodes().Select(DeclaredName))
        {
            foreach (string word in Humps(name.ValueText).Where(VagueWords.Contains))
                yield return file.At(LineOf(name), $"the type name {name.ValueText} says nothing by '{word}'");
        }
    }

    internal static IEnumerable<Violation> CheckUnfinished(SourceFile file)
    {
        SyntaxNode root = Parse(file);
        foreach (SyntaxTrivia trivia in root.DescendantTrivia().Where(IsComment))
        {
            foreach (Match word in UnfinishedWord().Matches(trivia.ToFullString()))
                yield return file.At(LineOf(trivia), $"{word}: finish it, or write an issue");
        }
        foreach (IdentifierNameSyntax name in root.DescendantNodes().OfType<IdentifierNameSyntax>())
        {
            if (name.Identifier.ValueText == UnfinishedException)
                yield return file.At(LineOf(name), "NotImplementedException: finish it, or leave it out");
        }
    }

    internal static IEnumerable<Violation> CheckCatches(SourceFile file) =>
        from clause in Parse(file).DescendantNodes().OfType<CatchClauseSyntax>()
        where clause.Block.Statements.Count == 0
        select file.At(LineOf(clause), "an empty catch hides what happened: return, count, or say it");

    internal static IEnumerable<Violation> CheckSleeps(SourceFile file) =>
        from access in Parse(file).DescendantNodes().OfType<MemberAccessExpressionSyntax>()
        let call = $"{access.Expression.ToString().Split('.')[^1]}.{access.Name.Identifier.ValueText}"
        where call is "Thread.Sleep" or "Task.Delay"
        select file.At(LineOf(access), $"{call}: wait for an event with a deadline, or use virtual time");

    /// <summary>Event ids are a contract with whoever watches the log: each is a literal and used once.</summary>
    internal static IEnumerable<Violation> CheckLogEvents(IEnumerable<SourceFile> files)
    {
        var owners = new Dictionary<int, string>();
        foreach (SourceFile file in files)
        {
            foreach (AttributeSyntax attribute in Parse(file).DescendantNodes().OfType<AttributeSyntax>())
            {
                if (attribute.Name.ToString().Split('.')[^1] is not ("LoggerMessage" or "LoggerMessageAttribute"))
                    continue;
                int line = LineOf(attribute);
                if (EventId(attribute) is not { } id)
                    yield return file.At(line, "the log event has no literal event id");
                else if (!owners.TryAdd(id, $"{file.Path}:{line}"))
                    yield return file.At(line, $"log event id {id} is taken by {owners[id]}");
            }
        }
    }

    internal static SyntaxNode Parse(SourceFile file) =>
        CSharpSyntaxTree.ParseText(file.Text, path: file.Path).GetRoot();

    [GeneratedRegex(@"\b(TODO|FIXME|HACK)\b")]
    private static partial Regex UnfinishedWord();

    private static int? EventId(AttributeSyntax attribute)
    {
        SeparatedSyntaxList<AttributeArgumentSyntax> arguments = attribute.ArgumentList?.Arguments ?? default;
        AttributeArgumentSyntax? named = arguments.FirstOrDefault(argument =>
            string.Equals((argument.NameEquals?.Name ?? argument.NameColon?.Name)?.ToString(), "EventId",
                StringComparison.OrdinalIgnoreCase));
        AttributeArgumentSyntax? positional = arguments.FirstOrDefault(argument => argument.NameEquals is null);
        return ((named ?? positional)?.Expression as LiteralExpressionSyntax)?.Token.Value as int?;
    }

    private static bool IsMethod(SyntaxNode node) =>
        node is BaseMethodDeclarationSyntax or AccessorDeclarationSyntax or LocalFunctionStatementSyntax;

    private static bool IsComment(SyntaxTrivia trivia) =>
        trivia.IsKind(SyntaxKind.SingleLineCommentTrivia) || trivia.IsKind(SyntaxKind.MultiLineCommentTrivia)
        || trivia.IsKind(SyntaxKind.SingleLineDocumentationCommentTrivia);

    private static SyntaxToken DeclaredName(SyntaxNode node) => node switch
    {
        BaseTypeDeclarationSyntax type => type.Identifier,
        DelegateDeclarationSyntax type => type.Identifier,
        _ => default,
    };

    private static IEnumerable<string> Humps(string? name)
    {
        for (int start = 0, end = 1; name is not null && start < name.Length; start = end++)
        {
            while (end < name.Length && !char.IsUpper(name[end]))
                end++;
            yield return name[start..end];
        }
    }

    private static int LineOf(SyntaxNode node) => node.GetLocation().GetLineSpan().StartLinePosition.Line + 1;

    private static int LineOf(SyntaxToken token) => token.GetLocation().GetLineSpan().StartLinePosition.Line + 1;

    private static int LineOf(SyntaxTrivia trivia) => trivia.GetLocation().GetLineSpan().StartLinePosition.Line + 1;
}
