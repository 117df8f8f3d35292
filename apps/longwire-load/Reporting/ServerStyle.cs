namespace Longwire.Load.Reporting;

/// <summary>How one server looks in every plot and table, on a light and on a dark page.</summary>
/// <param name="Index">Its place in the report, which chooses the shape of its markers.</param>
/// <param name="Dashes">Lengths of strokes and gaps; empty for a solid line.</param>
internal sealed record ServerStyle(int Index, string Light, string Dark, IReadOnlyList<float> Dashes);

/// <summary>
/// Gives each label its style, the same all over a report: the baseline has the colour of the text, the others a hue
/// that the colour-blind can tell from its neighbours (after Okabe and Ito), then the same hues dashed and dotted.
/// </summary>
internal sealed class Palette
{
    private static readonly (string Light, string Dark)[] s_hues =
    [
        ("#0072B2", "#4DA3FF"), ("#D55E00", "#FF8A4C"), ("#009E73", "#2BC79A"),
        ("#C0558F", "#F09CC8"), ("#B98500", "#F2C14E"), ("#3BA7DE", "#9ADCFF"),
    ];

    private static readonly float[][] s_dashes = [[], [7, 4], [2, 3], [9, 3, 2, 3]];

    private readonly Dictionary<string, ServerStyle> _styles = [];

    internal Palette(IEnumerable<Section> sections)
    {
        List<Entry> entries = [.. sections.SelectMany(static section => section.Entries)];
        HashSet<string> baselines = [.. entries.Where(static entry => entry.IsBaseline).Select(static e => e.Label)];
        int others = 0;
        foreach (string label in entries.Select(static entry => entry.Label).Distinct())
        {
            int index = _styles.Count;
            bool isBaseline = baselines.Contains(label);
            (string light, string dark) = isBaseline ? ("#1B1F24", "#F0F3F6") : s_hues[others % s_hues.Length];
            float[] dashes = isBaseline ? [] : s_dashes[others / s_hues.Length % s_dashes.Length];
            _styles.Add(label, new ServerStyle(index, light, dark, dashes));
            if (!isBaseline)
                others++;
        }
    }

    internal IEnumerable<ServerStyle> Styles => _styles.Values;

    internal ServerStyle this[string label] => _styles[label];
}
