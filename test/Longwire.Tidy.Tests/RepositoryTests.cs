namespace Longwire.Tidy.Tests;

/// <summary>The rules, applied to this repository.</summary>
public sealed class RepositoryTests
{
    private static readonly SourceFile[] Code = Repository.Files("cs");
    private static readonly SourceFile[] Documents = Repository.Files("md");
    private static readonly SourceFile[] Projects = Repository.Files("csproj");

    [Fact]
    public void The_repository_was_found()
    {
        Assert.Contains(Code, file => file.IsUnder("src"));
        Assert.Contains(Projects, file => file.Path == "src/Longwire.Primitives/Longwire.Primitives.csproj");
        Assert.Contains(Documents, file => file.Path == "CONTRIBUTING.md");
    }

    [Fact]
    public void Project_references_follow_the_arrows() => Repository.AssertNone(ProjectRules.CheckArrows(Projects));

    [Fact]
    public void Every_package_has_a_reason_and_a_user()
    {
        SourceFile[] lists = [.. Repository.Files("props").Where(file => file.Name == "Directory.Packages")];
        SourceFile[] users = [.. Projects, .. Repository.Files("props"), .. Repository.Files("targets")];
        Assert.Contains(lists, file => file.Path == "Directory.Packages.props");
        Repository.AssertNone(lists.SelectMany(versions => ProjectRules.CheckPackages(versions, users)));
    }

    [Fact]
    public void Every_library_records_its_public_api() =>
        Repository.AssertNone(ProjectRules.CheckPublicApi(Projects, Repository.Files("txt")));

    [Fact]
    public void Every_library_is_in_one_package() => Repository.AssertNone(ProjectRules.CheckPacked(Projects));

    [Fact]
    public void Files_methods_and_lines_are_small() => Repository.AssertNone(Code.SelectMany(CodeRules.CheckSizes));

    [Fact]
    public void Type_names_say_something() =>
        Repository.AssertNone(Code.Where(file => file.IsUnder("src")).SelectMany(CodeRules.CheckTypeNames));

    [Fact]
    public void Nothing_is_unfinished() => Repository.AssertNone(Code.SelectMany(CodeRules.CheckUnfinished));

    [Fact]
    public void No_catch_is_empty() => Repository.AssertNone(Code.SelectMany(CodeRules.CheckCatches));

    [Fact]
    public void No_test_sleeps() =>
        Repository.AssertNone(Code.Where(file => file.IsUnder("test")).SelectMany(CodeRules.CheckSleeps));

    [Fact]
    public void Log_event_ids_are_unique() =>
        Repository.AssertNone(CodeRules.CheckLogEvents(Code.Where(file => file.IsUnder("src"))));

    [Fact]
    public void Paths_in_documents_exist() =>
        Repository.AssertNone(Documents.SelectMany(file => DocumentRules.CheckPaths(file, Repository.Exists)));

    [Fact]
    public void Links_in_documents_lead_somewhere() =>
        Repository.AssertNone(Documents.SelectMany(file => DocumentRules.CheckLinks(file, Repository.Exists)));

    [Fact]
    public void Names_in_documents_are_declared()
    {
        HashSet<string> known = [.. KnownNames.DeclaredIn(Code), .. KnownNames.OfThePlatform()];
        known.UnionWith(Projects.SelectMany(project => project.Name.Split('.')));
        Repository.AssertNone(Documents
            .Where(file => file.IsUnder("docs") || file.Path is "README.md" or "ARCHITECTURE.md")
            .SelectMany(file => DocumentRules.CheckNames(file, known)));
    }

    [Fact]
    public void Decisions_have_their_parts_and_a_number_of_their_own() =>
        Repository.AssertNone(DocumentRules.CheckDecisions(Documents));

    [Fact]
    public void The_index_of_decisions_is_complete() =>
        Repository.AssertNone(DocumentRules.CheckDecisionIndex(
            Documents.Single(file => file.Path == "docs/decisions/README.md"), Documents));
}
