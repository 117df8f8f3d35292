using ScottPlot;
using SkiaSharp;

namespace Longwire.Load.Reporting;

/// <summary>
/// The font of the plots, embedded: without it, text is missing on a machine without fonts, as servers are, and looks
/// different on every other.
/// </summary>
internal sealed class PlotFont : IFontResolver
{
    internal const string Name = "Inter";

    private readonly SKTypeface _typeface;

    private PlotFont()
    {
        using Stream stream = typeof(PlotFont).Assembly.GetManifestResourceStream("Inter-Latin.otf")!;
        _typeface = SKTypeface.FromStream(stream);
    }

    public SKTypeface? CreateTypeface(string fontName, FontWeight weight, FontSlant slant, FontSpacing spacing) =>
        fontName == Name ? _typeface : null;

    public SKTypeface? CreateTypeface(string fontName, bool bold, bool italic) =>
        fontName == Name ? _typeface : null;

    /// <summary>Makes it the default of every plot; once for the process.</summary>
    internal static void Install()
    {
        Fonts.FontResolvers.Insert(0, new PlotFont());
        Fonts.Default = Name;
    }
}
