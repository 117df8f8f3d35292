using System.CommandLine;
using Longwire.Load.Results;

namespace Longwire.Load.Reporting;

/// <summary>Turns result files into a page and pictures, since people would rather look than read.</summary>
internal static class ReportCommand
{
    private const string PageName = "report.html";

    private static readonly Argument<string[]> s_files = new("FILE")
    {
        Description = "result files; those of the same measurement share a table and plots",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<string> s_output = new("--output")
    {
        Description = $"the folder for {PageName} and the plots; made if it does not exist",
        Required = true,
    };

    private static readonly Option<string> s_title = new("--title")
    {
        Description = "the page's title",
        DefaultValueFactory = static _ => "Longwire load report",
    };

    internal static Command Command { get; } = Create();

    private static Command Create()
    {
        var command = new Command("report", "make a web page and PNG plots of result files")
        {
            s_files, s_output, s_title,
        };
        command.SetAction(static arguments => Run(
            arguments.GetRequiredValue(s_files),
            arguments.GetRequiredValue(s_output),
            arguments.GetRequiredValue(s_title)));
        return command;
    }

    private static int Run(string[] files, string output, string title)
    {
        IReadOnlyList<Section> sections = Section.Of([.. files.Select(Read)]);
        var palette = new Palette(sections);
        List<Chapter> chapters =
            [.. sections.Select((section, index) => new Chapter(index, section, SectionCharts.Of(section, palette)))];
        if (chapters.All(static chapter => chapter.Charts.Count == 0))
        {
            throw new ArgumentException($"nothing to plot in {string.Join(", ", files)}: " +
                "no CPU, latency, memory or series was measured. Run the scenario with --server-pid, or for longer.");
        }
        try
        {
            Directory.CreateDirectory(output);
            foreach (Chapter chapter in chapters)
                chapter.Draw(output);
            string page = Path.Combine(output, PageName);
            File.WriteAllText(page, Page.Of(title, chapters, palette));
            Console.WriteLine(page);
            return 0;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ArgumentException(
                $"the report cannot be written to {output}: {exception.Message} Give another --output.", exception);
        }
    }

    private static Source Read(string path)
    {
        try
        {
            return Source.Of(Path.GetFileName(path), ResultFile.Read(path));
        }
        catch (Exception exception) when (exception is ArgumentException or IOException or UnauthorizedAccessException)
        {
            throw new ArgumentException($"{path} cannot be reported: {exception.Message} " +
                "Give files that a scenario of this longwire-load has written.", exception);
        }
    }
}
