using System.Text.RegularExpressions;
using YamlDotNet.Serialization;

namespace Longwire.Tidy.Tests;

/// <summary>The workflows, which run elsewhere: they are YAML, complete, and name what is there.</summary>
public sealed partial class WorkflowTests
{
    public static TheoryData<string> Workflows =>
        [.. Directory.GetFiles(Path.Combine(Repository.Root, ".github/workflows"))
            .Select(file => Path.GetFileName(file))];

    [Theory]
    [MemberData(nameof(Workflows))]
    public void Every_job_has_a_machine_an_end_and_steps(string name)
    {
        Workflow workflow = Read(name);
        Assert.NotEmpty(workflow.Jobs);
        Assert.All(workflow.Jobs.Values, job =>
        {
            Assert.NotEmpty(job.RunsOn);
            Assert.InRange(job.TimeoutMinutes, 1, 90);
            Assert.NotEmpty(job.Steps);
            Assert.All(job.Steps, step => Assert.True(step.Uses is null != step.Run is null, "either uses or run"));
        });
    }

    [Theory]
    [MemberData(nameof(Workflows))]
    public void What_is_run_exists(string name)
    {
        string[] named = [.. Read(name).Jobs.Values.SelectMany(job => job.Steps)
            .SelectMany(step => OurPath().Matches(step.Run ?? "")).Select(match => match.Value)];
        Assert.Contains(".ci/run", named);
        Assert.All(named, path => Assert.True(Repository.Exists(path), path));
    }

    [Fact]
    public void The_suite_runs_on_the_three_systems()
    {
        string[] systems = [.. Read("ci.yml").Jobs.Values.SelectMany(
            job => (job.Strategy?.Matrix?.Os ?? []).Append(job.RunsOn))];
        Assert.All(["ubuntu-", "windows-", "macos-"], system =>
            Assert.Contains(systems, name => name.StartsWith(system, StringComparison.Ordinal)));
    }

    private static Workflow Read(string name) => new DeserializerBuilder()
        .WithCaseInsensitivePropertyMatching().IgnoreUnmatchedProperties().Build()
        .Deserialize<Workflow>(File.ReadAllText(Path.Combine(Repository.Root, ".github/workflows", name)));

    [GeneratedRegex(@"(?<![\w./-])(\.ci|apps|src|samples|test|packages)/[\w./-]+")]
    private static partial Regex OurPath();

    // What is looked at, of the syntax of GitHub's workflows.
    private sealed class Workflow
    {
        public Dictionary<string, Job> Jobs { get; set; } = [];
    }

    private sealed class Job
    {
        [YamlMember(Alias = "runs-on")]
        public string RunsOn { get; set; } = "";

        [YamlMember(Alias = "timeout-minutes")]
        public int TimeoutMinutes { get; set; }

        public Strategy? Strategy { get; set; }

        public List<Step> Steps { get; set; } = [];
    }

    private sealed class Strategy
    {
        public Matrix? Matrix { get; set; }
    }

    private sealed class Matrix
    {
        public List<string>? Os { get; set; }
    }

    private sealed class Step
    {
        public string? Uses { get; set; }

        public string? Run { get; set; }
    }
}
