namespace Longwire.Tidy.Tests;

public sealed class DocumentRulesTests
{
    private static readonly string[] Existing = ["src/A", "src/A/B.cs", "docs/guide.md", "README.md", "apps/longwire"];

    [Theory]
    [InlineData("See `src/A/C.cs`.", "src/A/C.cs")]
    [InlineData("See [it](docs/missing.md#part).", "docs/missing.md")]
    [InlineData("```\ndotnet run --project apps/gone\n```", "apps/gone")]
    [InlineData("Both `src/A/` and `test/Gone/`.", "test/Gone")]
    public void A_path_that_does_not_exist_is_found(string text, string path) =>
        Assert.EndsWith($": {path} does not exist", Assert.Single(Paths(text)));

    [Theory]
    [InlineData("`src/A/B.cs`, `src/A/` and [the guide](docs/guide.md#part).")]
    [InlineData("`dotnet run --project apps/longwire`")]
    [InlineData("https://example.org/src/missing and `other/src/missing` and `/usr/src/linux`")]
    [InlineData("host/docs/<mount>")]
    [InlineData("`apps/gone/bin/Release/gone` and `bench/out/Lab/Lab` are made by a build.")]
    public void Paths_that_exist_or_are_not_of_the_repository_are_fine(string text) => Assert.Empty(Paths(text));

    [Fact]
    public void A_link_is_followed_from_the_folder_of_its_document()
    {
        SourceFile document = new("docs/guide.md",
            "[a](../README.md#top) [b](guide.md) [c](#here) [d](https://example.org)\n[e](README.md) `[f](g.md)`");
        Assert.Equal(["docs/guide.md:2: the link to README.md leads nowhere"],
            DocumentRules.CheckLinks(document, Existing.Contains).Select(violation => violation.ToString()));
    }

    [Theory]
    [InlineData("`SlabPool` and `SlabPool.TryRent(bytes)` and `BoundedRing<T>`")]
    [InlineData("`Gone Thing`, `gone`, `Gone`, `GONE`, `host/Gone`, GoneThing")]
    [InlineData("`Longwire.Primitives`")]
    [InlineData("```\n`GoneThing`\n```")]
    public void Names_that_are_declared_or_are_no_type_names_are_fine(string text) => Assert.Empty(Names(text));

    [Theory]
    [InlineData("`GoneThing`")]
    [InlineData("`SlabPool.TryGone`")]
    [InlineData("`GoneThing<T>`")]
    [InlineData("`new SlabPool` then `GoneThing()`")]
    public void A_name_that_is_declared_nowhere_is_found(string text) =>
        Assert.EndsWith("is declared nowhere", Assert.Single(Names(text)));

    [Fact]
    public void Declared_names_are_types_and_members_of_the_sources()
    {
        HashSet<string> names = KnownNames.DeclaredIn(
        [
            new("src/A.cs", "record OneType(int TwoProperty) { enum ThreeKind { FourMember } void SixMethod() { } }"),
        ]);
        Assert.All((string[])["OneType", "TwoProperty", "ThreeKind", "FourMember", "SixMethod"],
            name => Assert.Contains(name, names));
        HashSet<string> platform = KnownNames.OfThePlatform();
        Assert.All((string[])["TimeProvider", "SslStream", "TryGetValue", "PipeReader"],
            name => Assert.Contains(name, platform));
        Assert.DoesNotContain("GoneThing", platform);
    }

    [Fact]
    public void A_decision_without_its_parts_or_with_a_number_that_is_taken_is_found()
    {
        const string whole = "# 1. Title\n## Status\n## Context\n## Decision\n## Consequences\n";
        Assert.Empty(DocumentRules.CheckDecisions([Decision("0001-good", whole), Decision("README", "")]));
        Assert.Equal(
            [
                "docs/decisions/0001-again.md:1: the number is taken by docs/decisions/0001-good.md",
                "docs/decisions/2-bad.md:1: a decision is named NNNN-title.md",
                "docs/decisions/0003-part.md:1: the heading '## Context' is missing",
            ],
            DocumentRules.CheckDecisions(
            [
                Decision("0001-good", whole),
                Decision("0001-again", whole),
                Decision("2-bad", whole),
                Decision("0003-part", whole.Replace("## Context\n", "", StringComparison.Ordinal)),
            ]).Select(violation => violation.ToString()));
    }

    [Fact]
    public void A_decision_that_the_index_does_not_list_is_found() =>
        Assert.Equal(["docs/decisions/README.md:1: 0002-more.md is not listed"],
            DocumentRules.CheckDecisionIndex(
                Decision("README", "[1](0001-good.md)"),
                [Decision("0001-good", ""), Decision("0002-more", ""), Decision("README", "")])
                .Select(violation => violation.ToString()));

    private static SourceFile Decision(string name, string text) => new($"docs/decisions/{name}.md", text);

    private static string[] Paths(string text) =>
        Print(DocumentRules.CheckPaths(new("README.md", text), Existing.Contains));

    private static string[] Names(string text)
    {
        HashSet<string> known = ["SlabPool", "TryRent", "BoundedRing"];
        return Print(DocumentRules.CheckNames(new("README.md", text), known));
    }

    private static string[] Print(IEnumerable<Violation> violations) =>
        [.. violations.Select(violation => violation.ToString())];
}
