using ScottPlot;
using ScottPlot.Hatches;
using ScottPlot.TickGenerators;

namespace Longwire.Load.Reporting;

/// <summary>Draws charts as PNG. The plotting library is loaded when the first one is drawn.</summary>
/// <remarks>Owner: the report. Concurrency: any thread. Bound: one picture at a time.</remarks>
internal static class ChartRenderer
{
    internal const int Width = 860;

    /// <summary>Pixels for each point of the page: sharp enough on a dense screen, and half the bytes of 2.</summary>
    private const double Density = 1.5;

    private const int LineHeight = 480;
    private const float FontSize = 14;
    private const float LineWidth = 2;
    private const float MarkerSize = 7;

    /// <summary>A line of many points has a marker at every second, third and so on.</summary>
    private const int MostMarkers = 25;

    /// <summary>Room on the right of the longest bar for its note, as a share of that bar.</summary>
    private const double NoteRoom = 0.7;

    private static readonly MarkerShape[] s_markers =
    [
        MarkerShape.FilledCircle, MarkerShape.FilledSquare, MarkerShape.FilledTriangleUp, MarkerShape.FilledDiamond,
        MarkerShape.FilledTriangleDown, MarkerShape.OpenCircle, MarkerShape.OpenSquare, MarkerShape.OpenTriangleUp,
        MarkerShape.OpenDiamond, MarkerShape.OpenTriangleDown, MarkerShape.Eks, MarkerShape.Cross,
    ];

    private static readonly Striped s_stripes = new(StripeDirection.DiagonalUp);

    static ChartRenderer() => PlotFont.Install();

    internal static int Height(Chart chart) => chart is BarChart bars ? 180 + 34 * bars.Bars.Count : LineHeight;

    /// <param name="subject">What was measured, so that the picture can stand alone.</param>
    internal static byte[] Draw(Chart chart, string subject)
    {
        using var plot = new Plot { ScaleFactor = Density };
        plot.Font.Set(PlotFont.Name);
        plot.FigureBackground.Color = Theme.Background;
        plot.DataBackground.Color = Theme.Background;
        plot.Axes.Color(Theme.Text);
        plot.Axes.Title.Label.ForeColor = Theme.Text;
        plot.Axes.Title.Label.Bold = false;
        plot.Axes.Title.Label.FontSize = FontSize + 2;
        plot.Axes.Title.VerticalPadding = 10;
        plot.Title($"{chart.Title}\n{subject}");
        plot.Grid.XAxisStyle.MajorLineStyle.Color = Theme.Grid;
        plot.Grid.YAxisStyle.MajorLineStyle.Color = Theme.Grid;
        plot.Axes.Top.IsVisible = false;
        plot.Axes.Right.IsVisible = false;
        plot.Legend.FontSize = FontSize;
        plot.Legend.FontColor = Theme.Text;
        plot.Legend.BackgroundColor = Theme.Background;
        plot.Legend.OutlineWidth = 0;
        plot.Legend.ShadowColor = Colors.Transparent;
        if (chart is LineChart lines)
            DrawLines(plot, lines);
        else
            DrawBars(plot, (BarChart)chart);
        return plot.GetImageBytes((int)(Width * Density), (int)(Height(chart) * Density), ImageFormat.Png);
    }

    private static void DrawLines(Plot plot, LineChart chart)
    {
        // Backwards, so that the first, which is the baseline, lies on top.
        foreach (Line line in chart.Lines.Reverse())
        {
            Coordinates[] points =
                [.. line.Points.Select(point => new Coordinates(chart.X.Position(point.X), chart.Y.Position(point.Y)))];
            Color color = new Color(line.Style.Color);
            ScottPlot.Plottables.Scatter drawn = plot.Add.ScatterLine(points, color);
            drawn.LineWidth = LineWidth;
            drawn.LinePattern = Pattern(line.Style);
            int stride = 1 + (points.Length - 1) / MostMarkers;
            plot.Add.Markers(points.Where((_, i) => i % stride == 0).ToArray(), Marker(line.Style), MarkerSize, color);
        }
        plot.Legend.DisplayPlottableLegendItems = false;
        plot.Legend.ManualItems.AddRange(chart.Lines.Select(line => new LegendItem
        {
            LabelText = line.Label,
            LineColor = new Color(line.Style.Color),
            LineWidth = LineWidth,
            LinePattern = Pattern(line.Style),
            MarkerShape = Marker(line.Style),
            MarkerSize = MarkerSize,
            MarkerColor = new Color(line.Style.Color),
        }));
        Limit(plot.Axes.Bottom, chart.X, chart.Lines.SelectMany(static line => line.Points).Select(static p => p.X));
        Limit(plot.Axes.Left, chart.Y, chart.Lines.SelectMany(static line => line.Points).Select(static p => p.Y));
        plot.ShowLegend(Edge.Right);
    }

    private static void DrawBars(Plot plot, BarChart chart)
    {
        double most = chart.Bars.Max(static bar => bar.Parts.Sum());
        for (int i = 0; i < chart.Bars.Count; i++)
        {
            Bar bar = chart.Bars[i];
            double from = 0;
            for (int part = 0; part < bar.Parts.Count; part++)
            {
                Color color = new Color(bar.Style.Color);
                Color fill = part == 0 ? color : Theme.Pale(color);
                plot.Add.Bar(new ScottPlot.Bar
                {
                    Position = -i,
                    ValueBase = from,
                    Value = from += bar.Parts[part],
                    Orientation = Orientation.Horizontal,
                    Size = 0.68,
                    FillColor = fill,
                    FillHatch = bar.Style.IsHatched ? s_stripes : null,
                    FillHatchColor = Theme.Pale(fill),
                    LineWidth = 0,
                });
            }
            ScottPlot.Plottables.Text note = plot.Add.Text(bar.Note, from, -i);
            note.LabelFontColor = Theme.Text;
            note.LabelFontSize = FontSize;
            note.LabelBackgroundColor = Theme.Background;
            note.LabelAlignment = Alignment.MiddleLeft;
            note.OffsetX = 6;
        }
        plot.Axes.Left.TickGenerator = new NumericManual(
            [.. chart.Bars.Select(static (_, i) => (double)-i)], [.. chart.Bars.Select(static bar => bar.Label)]);
        plot.Axes.Left.MajorTickStyle.Length = 0;
        plot.Axes.Left.TickLabelStyle.FontSize = FontSize;
        plot.Grid.YAxisStyle.IsVisible = false;
        Limit(plot.Axes.Bottom, chart.Value, [0, most]);
        plot.Axes.Bottom.Max *= 1 + NoteRoom;
        plot.Axes.SetLimitsY(-chart.Bars.Count + 0.4, 0.6);
        plot.Legend.Orientation = Orientation.Horizontal;
        plot.Legend.ManualItems.AddRange(chart.Parts.Select((name, part) => new LegendItem
        {
            LabelText = name,
            FillColor = part == 0 ? Theme.Text : Theme.Pale(Theme.Text),
        }));
        plot.ShowLegend(Edge.Bottom);
    }

    private static void Limit(IAxis drawn, Axis axis, IEnumerable<double> values)
    {
        (double low, double high) = axis.Limits(values.Min(), values.Max());
        drawn.Range.Set(axis.Position(low), axis.Position(high));
        drawn.Label.Text = axis.Title;
        drawn.Label.Bold = false;
        drawn.Label.FontSize = FontSize;
        drawn.TickLabelStyle.FontSize = FontSize;
        double[] ticks = [.. axis.Ticks(low, high)];
        drawn.TickGenerator = new NumericManual([.. ticks.Select(axis.Position)], [.. ticks.Select(axis.Text)]);
    }

    private static MarkerShape Marker(ServerStyle style) => s_markers[style.Index % s_markers.Length];

    private static LinePattern Pattern(ServerStyle style) =>
        style.Dashes.Count == 0 ? LinePattern.Solid : new LinePattern([.. style.Dashes], 0, "");
}
