namespace Longwire.Load.Reporting;

/// <summary>How one server looks in every plot and table; a dark page turns the colours round.</summary>
/// <param name="Index">Its place in the report, which chooses the shape of its markers.</param>
/// <param name="Dashes">Lengths of strokes and gaps; empty for a solid line.</param>
/// <param name="IsHatched">True when its bars are striped, because a server before it has the same hue.</param>
internal sealed record ServerStyle(int Index, string Color, IReadOnlyList<float> Dashes, bool IsHatched);

/// <summary>
/// Gives each label its style, the same all over a report: the baseline has the colour of the text, the others a hue
/// that the colour-blind can tell from its neighbours (after Okabe and Ito); then come the same hues with dashed lines
/// and striped bars, so that fifteen servers look different, and lines only in further dashes.
/// </summary>
internal sealed class Palette
{
    private const string Text = "#1B1F24";

    private static readonly string[] s_hues =
        ["#0072B2", "#D55E00", "#009E73", "#C0558F", "#B98500", "#3BA7DE", "#8A8F98"];

    private static readonly float[][] s_dashes = [[], [7, 4], [2, 3], [9, 3, 2, 3]];

    private readonly Dictionary<string, ServerStyle> _styles = [];

    internal Palette(IReadOnlyList<Section> sections)
    {
        // One label only: somewhere else, another server may be the baseline.
        string? baseline = sections.SelectMany(static section => section.Entries).Where(static e => e.IsBaseline)
            .CountBy(static entry => entry.Label).OrderByDescending(static pair => pair.Value).FirstOrDefault().Key;
        int others = 0;
        foreach (string label in sections.SelectMany(static s => s.Entries).Select(static e => e.Label).Distinct())
        {
            _styles.Add(label, label == baseline
                ? new ServerStyle(_styles.Count, Text, [], IsHatched: false)
                : Other(_styles.Count, others++));
        }
    }

    internal IEnumerable<ServerStyle> Styles => _styles.Values;

    internal ServerStyle this[string label] => _styles[label];

    private static ServerStyle Other(int index, int number)
    {
        (int again, int hue) = Math.DivRem(number, s_hues.Length);
        return new ServerStyle(index, s_hues[hue], s_dashes[again % s_dashes.Length], IsHatched: again % 2 == 1);
    }
}
