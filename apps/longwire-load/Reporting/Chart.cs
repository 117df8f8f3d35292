namespace Longwire.Load.Reporting;

/// <summary>A plot as what it shows, before it is drawn.</summary>
/// <param name="Kind">A word for its file's name.</param>
internal abstract record Chart(string Kind, string Title);

internal sealed record LineChart(string Kind, string Title, Axis X, Axis Y, IReadOnlyList<Line> Lines)
    : Chart(Kind, Title);

internal sealed record Line(string Label, ServerStyle Style, IReadOnlyList<(double X, double Y)> Points);

/// <summary>Horizontal bars, one below the other, each of two parts.</summary>
/// <param name="Parts">What the parts are: in full colour, and pale.</param>
internal sealed record BarChart(
    string Kind, string Title, Axis Value, IReadOnlyList<string> Parts, IReadOnlyList<Bar> Bars) : Chart(Kind, Title);

/// <param name="Parts">The lengths of the parts.</param>
/// <param name="Note">What stands behind the bar.</param>
internal sealed record Bar(string Label, ServerStyle Style, IReadOnlyList<double> Parts, string Note);
