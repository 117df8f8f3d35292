namespace Longwire.Tidy.Tests;

public sealed class ProjectRulesTests
{
    [Fact]
    public void References_along_the_arrows_are_fine() =>
        Assert.Empty(Arrows(
            Project("src", "Longwire.Primitives"),
            Project("src", "Longwire.Hub", "src/Longwire.Primitives"),
            Project("src", "Longwire.Server", "src/Longwire.Hub", "src/Longwire.Primitives"),
            Project("apps", "longwire", "src/Longwire.Server"),
            Project("samples", "LineEcho", "src/Longwire.Server"),
            Project("test", "Longwire.Hub.Tests", "src/Longwire.Hub", "apps/longwire", "samples/LineEcho")));

    [Theory]
    [InlineData("src", "Longwire.Hub", "src/Longwire.Framing")]
    [InlineData("src", "Longwire.Primitives", "src/Longwire.Hub")]
    [InlineData("src", "Longwire.Server", "src/Longwire.Testing")]
    [InlineData("src", "Longwire.Protocols.Feed", "src/Longwire.Protocols.Telnet")]
    [InlineData("src", "Longwire.Server", "apps/longwire")]
    [InlineData("apps", "longwire", "apps/longwire-load")]
    [InlineData("samples", "LineEcho", "test/Longwire.Hub.Tests")]
    [InlineData("samples", "LineEcho", "packages/Longwire")]
    [InlineData("src", "Longwire.Server", "packages/Longwire")]
    public void A_reference_against_the_arrows_is_found(string folder, string name, string target) =>
        Assert.Equal([$"{folder}/{name}/{name}.csproj:3: {name} may not refer to {File(target)}"],
            Arrows(Project(folder, name, target)));

    [Fact]
    public void A_library_that_the_table_does_not_know_is_told_to_join_it() =>
        Assert.Equal(["src/Longwire.New/Longwire.New.csproj:1: Longwire.New is unknown: add it to ProjectRules.Arrows"],
            Arrows(Project("src", "Longwire.New")));

    [Fact]
    public void A_cycle_is_found_at_each_of_its_references() =>
        Assert.Equal(2, Arrows(Project("test", "A", "test/B"), Project("test", "B", "test/A"))
            .Count(violation => violation.EndsWith("closes a cycle", StringComparison.Ordinal)));

    [Fact]
    public void The_arrows_themselves_point_down_only()
    {
        // Longest chain below each project: it must exist, or the table holds a cycle.
        int Depth(string name, int limit)
        {
            Assert.True(limit > 0, $"The table has a cycle through {name}.");
            return 1 + ProjectRules.Arrows[name].Select(below => Depth(below, limit - 1)).DefaultIfEmpty(0).Max();
        }
        Assert.All(ProjectRules.Arrows.Keys, name => Depth(name, 10));
    }

    [Fact]
    public void A_package_without_a_reason_or_a_user_is_found()
    {
        SourceFile versions = new("Directory.Packages.props",
            """
            <Project>
              <ItemGroup>
                <!-- Because. -->
                <PackageVersion Include="Explained" Version="1.0.0" />
                <PackageVersion Include="Unexplained" Version="1.0.0" />
                <!-- Because. -->
                <PackageVersion Include="Unused" Version="1.0.0" />
              </ItemGroup>
            </Project>
            """);
        SourceFile user = new("src/A/A.csproj",
            """
            <Project>
              <PackageReference Include="Explained" />
              <PackageReference Include="Unexplained" />
            </Project>
            """);
        Assert.Equal(
            [
                "Directory.Packages.props:5: Unexplained has no line above it that says why it is needed",
                "Directory.Packages.props:7: Unused is used by no project",
            ],
            ProjectRules.CheckPackages(versions, [user]).Select(violation => violation.ToString()));
    }

    [Fact]
    public void A_library_in_no_package_or_in_two_is_found()
    {
        SourceFile[] projects =
        [
            Project("src", "Longwire.Hub"), Project("src", "Longwire.Client"), Project("src", "Longwire.Server"),
            Project("packages", "Longwire", "src/Longwire.Hub", "src/Longwire.Server"),
            Project("packages", "Longwire.Hosting", "packages/Longwire", "src/Longwire.Server"),
        ];
        Assert.Empty(Arrows(projects[3], projects[4]));
        Assert.Equal(
            [
                "src/Longwire.Client/Longwire.Client.csproj:1: Longwire.Client has to be in one package, not in: ",
                "src/Longwire.Server/Longwire.Server.csproj:1: Longwire.Server has to be in one package, not in: "
                    + "packages/Longwire/Longwire.csproj, packages/Longwire.Hosting/Longwire.Hosting.csproj",
            ],
            ProjectRules.CheckPacked(projects).Select(violation => violation.ToString()));
    }

    [Fact]
    public void A_library_without_public_api_files_is_found()
    {
        SourceFile project = new("src/A/A.csproj", "<Project />");
        SourceFile shipped = new("src/A/PublicAPI.Shipped.txt", "#nullable enable\n");
        SourceFile wrong = new("src/A/PublicAPI.Unshipped.txt", "Something\n");
        Assert.Equal(2, ProjectRules.CheckPublicApi([project], []).Count());
        Assert.Equal(["src/A/PublicAPI.Unshipped.txt:1: the first line is not '#nullable enable'"],
            ProjectRules.CheckPublicApi([project], [shipped, wrong]).Select(violation => violation.ToString()));
        Assert.Empty(ProjectRules.CheckPublicApi([new("apps/a/a.csproj", "<Project />")], []));
    }

    private static string[] Arrows(params SourceFile[] projects) =>
        [.. ProjectRules.CheckArrows(projects).Select(violation => violation.ToString())];

    private static SourceFile Project(string folder, string name, params string[] targets) =>
        new(File($"{folder}/{name}"),
            $"<Project>\n<ItemGroup>\n{string.Join('\n', targets.Select(target =>
                $"<ProjectReference Include=\"../../{File(target)}\" />"))}\n</ItemGroup>\n</Project>\n");

    private static string File(string target) => $"{target}/{Path.GetFileName(target)}.csproj";
}
