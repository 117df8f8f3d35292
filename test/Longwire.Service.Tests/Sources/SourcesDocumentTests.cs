using System.Text.RegularExpressions;
using Longwire.Service.Sources.Configuration;

namespace Longwire.Service.Tests.Sources;

/// <summary>docs/service/sources.md says what the code does.</summary>
public sealed partial class SourcesDocumentTests
{
    private static readonly string s_text = File.ReadAllText(Path.Combine(Root(), "docs/service/sources.md"));

    [Fact]
    public void Every_snippet_is_a_configuration_without_a_mistake()
    {
        string[] snippets = [.. Snippet().Matches(s_text).Select(match => match.Groups["json"].Value)];
        Assert.Equal(5, snippets.Length);
        foreach (string snippet in snippets)
        {
            SourcesOptions options = SourcesOptionsTests.ReadFile(snippet, out List<string> errors);
            Assert.Empty(errors);
            Assert.NotEqual(SourcesOptions.Default, options);
        }
    }

    [Theory]
    [InlineData("exec")]
    [InlineData("file")]
    [InlineData("http")]
    [InlineData("tcp")]
    [InlineData("sql")]
    public void Every_key_is_in_a_table_and_every_key_of_a_table_is_known(string kind)
    {
        SourcesOptionsTests.Read($$"""{ "x": { "kind": "{{kind}}", "nnnnnnnnnnnn": 1 } }""", out List<string> errors);
        string[] known = errors.Single(error => error.Contains("known are")).Split("known are ")[1].Split(", ");
        string[] told = [.. Keys("Every source"), .. Keys(kind)];
        Assert.Equal(known.Order(StringComparer.Ordinal), told.Order(StringComparer.Ordinal));
    }

    private static IEnumerable<string> Keys(string heading)
    {
        string section = s_text.Split($"\n## {heading}\n")[1].Split("\n## ")[0];
        return Row().Matches(section).Select(match => match.Groups["key"].Value);
    }

    private static string Root()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Longwire.slnx")))
            folder = Path.GetDirectoryName(folder)!;
        return folder;
    }

    [GeneratedRegex("(?s)```json\n(?<json>.*?)```")]
    private static partial Regex Snippet();

    [GeneratedRegex("(?m)^\\| `(?<key>[a-zA-Z]+)` \\|")]
    private static partial Regex Row();
}
