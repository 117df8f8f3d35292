using System.CommandLine;
using System.Diagnostics;
using System.Text.RegularExpressions;
using Longwire.Load.Reporting;

namespace Longwire.Load.Tests.Reporting;

/// <summary>The command from files to files.</summary>
public sealed partial class ReportCommandTests : IDisposable
{
    private static readonly byte[] s_pngSignature = [0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10];
    private static readonly string[] s_all =
        ["fanout-compare.json", "echo-ramp.json", "idle-core.json", "idle-field.json", "soak.json", "storm-bare.json"];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("longwire-report-");

    private string Output => Path.Combine(_folder.FullName, "made", "here");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void A_page_shows_every_server_and_names_every_file()
    {
        string page = Report(s_all);

        string[] servers = ["limit", "longwire", "kestrel", "MQTTnet.Server", "mosquitto", "leaky"];
        Assert.All(servers, server => Assert.Matches(
            $@"<tr><th><svg class=""swatch s\d+""[^>]*>\n<path [^>]*/></svg> {Regex.Escape(server)}</th>", page));
        Assert.All(s_all, file => Assert.Contains(file, page, StringComparison.Ordinal));
        Assert.Contains("1.07×<small>1.03–1.12, 30 pairs</small>", page, StringComparison.Ordinal);
        Assert.Contains("<td class=\"bad\">3 missing, 1 lostConnections</td>", page, StringComparison.Ordinal);
        Assert.Contains("soak.json is not good", page, StringComparison.Ordinal);
        Assert.Contains("bench/limit --port 0 --loops 1", page, StringComparison.Ordinal);
        Assert.Contains("<dt>commit</dt><dd>abc1234</dd>", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_from_files_and_the_command_line_are_text_and_no_markup()
    {
        string page = Report(["soak.json"], "--title", "<i>a & b</i>");

        Assert.Contains("<h1>&lt;i&gt;a &amp; b&lt;/i&gt;</h1>", page, StringComparison.Ordinal);
        Assert.Contains("longwire &lt;latest&gt; &amp; &quot;co&quot;", page, StringComparison.Ordinal);
        Assert.Contains("&lt;script&gt;", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<b>", page, StringComparison.Ordinal);
    }

    [Fact]
    public void A_page_needs_nothing_but_itself()
    {
        string page = Report(s_all);

        Assert.DoesNotContain("http:", page, StringComparison.Ordinal);
        Assert.DoesNotContain("https:", page, StringComparison.Ordinal);
        Assert.DoesNotContain("@import", page, StringComparison.Ordinal);
        Assert.DoesNotContain("url(", page, StringComparison.Ordinal);
        Assert.All(Resource().Matches(page), static resource =>
            Assert.True(resource.Groups[1].Value is "data:image/png;base64" || resource.Groups[1].Value[0] == '#'));
        Assert.Contains("prefers-color-scheme: dark", page, StringComparison.Ordinal);
        Assert.Contains("name=\"viewport\"", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Plots_are_pictures_of_a_plausible_size()
    {
        string page = Report(s_all);
        string[] plots = Directory.GetFiles(Output, "*.png");

        Assert.Equal(
            [
                "1-fan-out-1000-128-b-1-in-flight-cpu.png", "1-fan-out-1000-128-b-1-in-flight-latency.png",
                "2-echo-1-250-100-b-cpu.png", "2-echo-1-250-100-b-latency.png", "2-echo-1-250-100-b-users-cpu.png",
                "2-echo-1-250-100-b-users.png", "3-idle-1000-15000-connections-memory-bars.png",
                "3-idle-1000-15000-connections-memory.png", "4-soak-fan-out-b-1000-b-128-b-cpu.png",
                "4-soak-fan-out-b-1000-b-128-b-latency.png", "4-soak-fan-out-b-1000-b-128-b-resident.png",
                "4-soak-fan-out-b-1000-b-128-b-throughput.png", "4-soak-fan-out-b-1000-b-128-b-time-latency.png",
            ],
            plots.Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.All(plots, plot =>
        {
            byte[] bytes = File.ReadAllBytes(plot);
            Assert.Equal(s_pngSignature, bytes[..s_pngSignature.Length]);
            Assert.InRange(bytes.Length, 10_000, 1_000_000);
            Assert.Contains(Path.GetFileName(plot), page, StringComparison.Ordinal);
        });
        Assert.Equal(plots.Length, page.Split("data:image/png").Length - 1); // each one once
    }

    [Fact]
    public void The_page_s_path_is_printed()
    {
        var process = Start(["report", Fixture("idle-core.json"), "--output", Output]);

        Assert.Equal((0, Path.Combine(Output, "report.html") + Environment.NewLine, ""), process);
    }

    [Theory]
    [InlineData("", "is no result file")]
    [InlineData("no json", "is no result file")]
    [InlineData("[1, 2]", "is no result file")]
    [InlineData("{}", "is no result file")]
    public void A_file_that_is_no_result_is_named_with_the_cure(string text, string problem)
    {
        string file = Path.Combine(_folder.FullName, "odd.json");
        File.WriteAllText(file, text);

        Refuses([file], file, problem, "Give files that a scenario of this longwire-load has written.");
    }

    [Fact]
    public void Another_format_is_named_with_the_cure() =>
        Refuses([Changed("longwire-load/1", "longwire-load/2")], "changed.json", "'longwire-load/2'", "Give files");

    [Fact]
    public void A_result_without_runs_is_refused() =>
        Refuses([Changed(RunsOfIdle(), "\"runs\": []")], "changed.json", "holds no run", "Give files");

    [Fact]
    public void A_broken_latency_curve_is_refused()
    {
        string curve = "\"operations\": 15000, \"latencyMicroseconds\": " +
            "{\"count\":1,\"p50\":1,\"p90\":1,\"p99\":1,\"p999\":1,\"max\":1,\"curve\":[[50]]}";
        Refuses([Changed("\"operations\": 15000", curve)], "changed.json", "no pair of percentile and value");
    }

    [Fact]
    public void A_missing_file_is_named()
    {
        string file = Path.Combine(_folder.FullName, "absent.json");
        Refuses([file], file, "Could not find file");
    }

    [Fact]
    public void Results_without_anything_to_plot_are_named_with_the_cure() =>
        Refuses([Fixture("storm-bare.json")], "storm-bare.json", "nothing to plot", "--server-pid");

    [Fact]
    public void A_folder_that_cannot_be_made_is_named_with_the_cure()
    {
        string file = Path.Combine(_folder.FullName, "file");
        File.WriteAllText(file, "");
        string folder = Path.Combine(file, "in");
        string message = Assert.Throws<ArgumentException>(() => Run([Fixture("soak.json")], folder)).Message;

        Assert.Contains(folder, message, StringComparison.Ordinal);
        Assert.Contains("Give another --output.", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_refusal_has_exit_code_2()
    {
        (int code, string output, string error) = Start(["report", "absent.json", "--output", Output]);

        Assert.Equal((2, ""), (code, output));
        Assert.StartsWith("absent.json cannot be reported: ", error, StringComparison.Ordinal);
    }

    [GeneratedRegex("(?:src|srcset|href)=\"([^\",]*)")]
    private static partial Regex Resource();

    private static string Fixture(string name) =>
        Path.Combine(AppContext.BaseDirectory, "Reporting", "Results", name);

    private static string RunsOfIdle()
    {
        string text = File.ReadAllText(Fixture("idle-core.json"));
        int start = text.IndexOf("\"runs\"", StringComparison.Ordinal);
        return text[start..(text.LastIndexOf(']') + 1)];
    }

    private string Changed(string from, string to)
    {
        string file = Path.Combine(_folder.FullName, "changed.json");
        string text = File.ReadAllText(Fixture("idle-core.json"));
        Assert.Contains(from, text, StringComparison.Ordinal);
        File.WriteAllText(file, text.Replace(from, to, StringComparison.Ordinal));
        return file;
    }

    private string Report(string[] files, params string[] more)
    {
        Assert.Equal(0, Run([.. files.Select(Fixture), .. more], Output));
        return File.ReadAllText(Path.Combine(Output, "report.html"));
    }

    private void Refuses(string[] files, params string[] parts)
    {
        string message = Assert.Throws<ArgumentException>(() => Run(files, Output)).Message;
        Assert.All(parts, part => Assert.Contains(part, message, StringComparison.Ordinal));
        Assert.False(Directory.Exists(Output));
    }

    private static int Run(string[] arguments, string output) => ReportCommand.Command
        .Parse([.. arguments, "--output", output])
        .Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, Output = TextWriter.Null });

    private static (int Code, string Output, string Error) Start(string[] arguments)
    {
        string app = Path.ChangeExtension(typeof(ReportCommand).Assembly.Location, null);
        var start = new ProcessStartInfo(OperatingSystem.IsWindows() ? app + ".exe" : app, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = process.StandardOutput.ReadToEnd();
        Assert.True(process.WaitForExit(TimeSpan.FromSeconds(30)), "the report did not end");
        return (process.ExitCode, output, error.Result);
    }
}
