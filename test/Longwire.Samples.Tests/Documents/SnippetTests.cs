using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Longwire.Samples.Tests.Documents;

/// <summary>What the documents show compiles, against the libraries as they are.</summary>
public sealed class SnippetTests
{
    /// <summary>
    /// What a snippet may take for granted: implicit usings and Longwire's, and names that the text around it explains.
    /// Others it has to name, as its reader would.
    /// </summary>
    private const string Surroundings = """
        global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq;
        global using System.Threading; global using System.Threading.Tasks;
        global using Longwire; global using Longwire.Hosting; global using Longwire.Primitives;
        global using Longwire.Transport; global using Longwire.Transport.Layers;
        global using Microsoft.Extensions.DependencyInjection; global using Microsoft.Extensions.Hosting;

        partial class Program
        {
            TcpServer server = null!;
            Connection connection = null!;
            Loop loop = null!;
            System.Net.EndPoint address = null!;
            IDialHandler handler = null!;
            HostApplicationBuilder builder = null!;
            Dictionary<string, string> keys = [];
            Func<string, string, bool> isGenuine = null!;
            Lock logins = new();
            string name = "";
        }

        class Visitor(DateTimeOffset since) { public DateTimeOffset Since => since; public int Lines; }

        class Rot13Stream(Stream below) : MemoryStream { public Stream Below => below; }

        abstract class ChatHandler : ConnectionHandler;
        """;

    private static readonly CSharpParseOptions s_parse =
        CSharpParseOptions.Default.WithLanguageVersion(LanguageVersion.CSharp14);

    private static readonly CSharpCompilation s_empty = CSharpCompilation.Create(
        "Snippet",
        [CSharpSyntaxTree.ParseText(Surroundings, s_parse, cancellationToken: TestContext.Current.CancellationToken)],
        ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Select(static path => MetadataReference.CreateFromFile(path)),
        new CSharpCompilationOptions(
            OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));

    [Fact]
    public void What_the_documents_show_compiles()
    {
        Snippet[] all = [.. Documents().SelectMany(static file => Snippet.In(file.Name, File.ReadAllText(file.Path)))];
        Assert.Contains(all, static snippet => snippet.Document == "README.md");
        Assert.Contains(all, static snippet => snippet.Document == "docs/guides/users.md");
        string[] errors = [.. all.SelectMany(Errors)];
        Assert.True(errors.Length == 0, string.Join('\n', errors));
    }

    [Theory]
    [InlineData("connection.SignOut();", "guide.md:3: 'Connection' does not contain a definition for 'SignOut'")]
    [InlineData(".Listen(7000)", "guide.md:3: There is no argument given")]
    [InlineData(".OnMessage((connection, line) => connection.Shout(line))", "guide.md:3: 'Connection<object?>'")]
    [InlineData("public class Chat : ConnectionHandler;", "guide.md:3: 'Chat' does not implement inherited abstract")]
    public void What_does_not_compile_is_found_where_it_stands(string code, string error) => Assert.StartsWith(
        error, Errors(Snippet.In("guide.md", $"Text\n```csharp\n{code}\n```\n").Single()).First(),
        StringComparison.Ordinal);

    [Fact]
    public void Only_blocks_of_csharp_are_snippets() => Assert.Equal(
        [new Snippet("guide.md", 5, "a\n\nb")],
        Snippet.In("guide.md", "```sh\nls\n```\n```csharp\na\n\nb\n```\n```json\n{}\n```\n"));

    [Fact]
    public void A_block_that_does_not_end_is_told() => Assert.Equal(
        "guide.md:2: the block does not end",
        Assert.Throws<InvalidDataException>(() => Snippet.In("guide.md", "Text\n```csharp\na\n").ToArray()).Message);

    private static IEnumerable<string> Errors(Snippet snippet)
    {
        SyntaxTree tree = CSharpSyntaxTree.ParseText(snippet.InPlace(), s_parse);
        ImmutableArray<Diagnostic> found = s_empty.AddSyntaxTrees(tree).GetDiagnostics();
        return found.Where(static one => one.Severity == DiagnosticSeverity.Error).Select(static one =>
        {
            FileLinePositionSpan place = one.Location.GetMappedLineSpan();
            return $"{place.Path}:{place.StartLinePosition.Line + 1}: {one.GetMessage(null)}";
        });
    }

    private static IEnumerable<(string Name, string Path)> Documents()
    {
        DirectoryInfo? root = new(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "global.json")))
            root = root.Parent;
        Assert.NotNull(root);
        return Directory.EnumerateFiles(Path.Combine(root.FullName, "docs"), "*.md", SearchOption.AllDirectories)
            .Append(Path.Combine(root.FullName, "README.md"))
            .Select(path => (Path.GetRelativePath(root.FullName, path).Replace('\\', '/'), path));
    }
}
