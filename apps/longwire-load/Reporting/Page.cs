using System.Globalization;
using Longwire.Load.Results;
using static Longwire.Load.Reporting.NumberText;

namespace Longwire.Load.Reporting;

/// <summary>The page: one file that needs no other and nothing from the network.</summary>
internal static class Page
{
    internal static string Of(string title, IReadOnlyList<Chapter> chapters, Palette palette) => Html.Of($"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>{title}</title>
        <style>
        {Css()}{palette.Colors()}</style>
        </head>
        <body>
        <h1>{title}</h1>
        {Overview(chapters, palette)}{chapters.Select(chapter => Part(chapter, palette))}{Explanation()}</body>
        </html>

        """).Markup;

    private static Html Css()
    {
        using Stream stream = typeof(Page).Assembly.GetManifestResourceStream("report.css")!;
        using var reader = new StreamReader(stream);
        return new Html(reader.ReadToEnd());
    }

    /// <summary>Several comparisons at a glance: the first ratio of each server in each of them.</summary>
    private static Html Overview(IReadOnlyList<Chapter> chapters, Palette palette)
    {
        List<Chapter> compared = [.. chapters.Where(static chapter => chapter.Section.Metrics.Count > 0)];
        if (compared.Count < 2)
            return default;
        IEnumerable<Entry> entries = compared.SelectMany(static chapter => chapter.Section.Entries);
        List<string> labels = [.. entries.Select(static entry => entry.Label).Distinct()];
        IEnumerable<Html> names = labels.Select(label => Html.Of($"<th class=\"name\">{palette.Name(label)}</th>"));
        return Html.Of($"""
            <h2>Ratios to the baseline</h2>
            <div class="wide"><table>
            <thead><tr><th></th>{names}</tr></thead>
            <tbody>
            {compared.Select(chapter => OverviewRow(chapter, labels))}</tbody>
            </table></div>

            """);
    }

    private static Html OverviewRow(Chapter chapter, List<string> labels)
    {
        Section section = chapter.Section;
        string metric = section.Metrics[0];
        ILookup<string, Entry> entries = section.Entries.ToLookup(static entry => entry.Label);
        IEnumerable<Html> cells =
            from label in labels
            let entry = entries[label].SingleOrDefault()
            select (entry is null ? null : SectionTable.RatioCell(entry, metric)) ?? SectionTable.Absent;
        return Html.Of($"""
            <tr><th><a href="#{chapter.Slug}">{section.First.Title}</a>
            <small>{metric} ÷ {section.Baseline}</small></th>{cells}</tr>

            """);
    }

    private static Html Part(Chapter chapter, Palette palette)
    {
        Section section = chapter.Section;
        IEnumerable<Html> warnings = section.Sources.Where(static source => !source.Result.Good).Select(Warning);
        return Html.Of($"""
            <section id="{chapter.Slug}">
            <h2>{section.First.Title}</h2>
            {warnings}{SectionTable.Of(section, palette)}{chapter.Pictures.Select(picture => Figure(section, picture))}
            {Circumstances(section)}</section>

            """);
    }

    private static Html Warning(Source source) => Html.Of($"""
        <p class="bad">{source.File} is not good: something was lost, damaged or over its limit.</p>

        """);

    private static Html Figure(Section section, Picture picture) => Html.Of($"""
        <figure>
        <div class="wide"><img src="{DataUri(picture.Png)}" width="{Picture.Width}" height="{picture.Height}"
          alt="{picture.Chart.Title}: {section.First.Title}"></div>
        <figcaption>{picture.File}, from {section.Files}</figcaption>
        </figure>

        """);

    private static Html DataUri(byte[] png) => new("data:image/png;base64," + Convert.ToBase64String(png));

    private static Html Circumstances(Section section)
    {
        MachineDescription machine = section.First.Machine;
        string parameters = string.Join(", ", section.First.Parameters.Select(static p => $"{p.Key} {p.Value}"));
        return Html.Of($"""
            <dl>
            <dt>machine</dt><dd>{machine.Cpu}, {machine.Cores} cores, {Bytes(machine.MemoryBytes)}; {machine.Os};
            {machine.Runtime}</dd>
            <dt>commit</dt><dd>{machine.Commit ?? "not known"}</dd>
            <dt>parameters</dt><dd>{parameters}</dd>
            {section.Sources.Select(Started)}</dl>
            <details>
            <summary>Commands and counts</summary>
            <dl>
            {section.Entries.Select(Command)}</dl>
            </details>

            """);
    }

    private static Html Started(Source source)
    {
        string time = source.Result.Started.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        return Html.Of($"""
            <dt>{source.File}</dt><dd>started {time}</dd>

            """);
    }

    private static Html Command(Entry entry)
    {
        RunResult run = entry.Run;
        string counts = string.Join(", ", run.Counts.Select(static count => $"{count.Key} {Count(count.Value)}"));
        return Html.Of($"""
            <dt>{entry.Label}</dt>
            <dd>{run.Protocol}, {Count(run.Operations)} operations in {Measure(run.Seconds)} s; {counts}
            <pre>{run.CommandLine}</pre></dd>

            """);
    }

    private static Html Explanation() => Html.Of($"""
        <footer>
        <p>A ratio is the median over pairs of runs, one of the server and one of the baseline right beside it; below it
        stands the 95 % bootstrap interval. 1.00× costs the same, less is cheaper. An interval that holds 1.00 shows no
        difference. Only ratios travel to other machines; times belong to the machine that is named.</p>
        <p>CPU is that of the server's process. Its total is exact; the split into user and kernel comes from a clock
        that ticks every few milliseconds and means something from 20 s of measured time.</p>
        </footer>

        """);
}
