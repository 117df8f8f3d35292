using System.Text;

namespace Longwire.Load.Reporting;

/// <summary>A section with its plots.</summary>
/// <remarks>Owner: the command. Concurrency: one thread. Bound: the section's charts.</remarks>
internal sealed class Chapter(int index, Section section, IReadOnlyList<Chart> charts)
{
    private readonly List<Picture> _pictures = [];

    internal Section Section => section;

    internal IReadOnlyList<Chart> Charts => charts;

    internal IReadOnlyList<Picture> Pictures => _pictures;

    /// <summary>The section's place and title as part of a file's name and of a link.</summary>
    internal string Slug { get; } = Simplify($"{index + 1} {section.First.Title}");

    /// <summary>Draws the pictures and writes them.</summary>
    internal void Draw(string folder)
    {
        string subject = section.First.Title;
        foreach (Chart chart in charts)
        {
            var picture = new Picture(chart, $"{Slug}-{chart.Kind}.png", ChartRenderer.Draw(chart, subject));
            File.WriteAllBytes(Path.Combine(folder, picture.File), picture.Png);
            _pictures.Add(picture);
        }
    }

    /// <summary>Letters, digits and single dashes, short enough for any file system.</summary>
    private static string Simplify(string text)
    {
        const int MaxLength = 60;
        var slug = new StringBuilder();
        foreach (char letter in text.ToLowerInvariant().Replace(",", "", StringComparison.Ordinal))
        {
            if (char.IsAsciiLetterOrDigit(letter))
                slug.Append(letter);
            else if (slug.Length > 0 && slug[^1] != '-')
                slug.Append('-');
        }
        return slug.ToString(0, Math.Min(slug.Length, MaxLength)).Trim('-');
    }
}

/// <param name="File">The name of the file that holds it.</param>
internal sealed record Picture(Chart Chart, string File, byte[] Png)
{
    internal static int Width => ChartRenderer.Width;

    internal int Height => ChartRenderer.Height(Chart);
}
