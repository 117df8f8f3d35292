using ScottPlot;

namespace Longwire.Load.Reporting;

/// <summary>The colours of a plot that do not depend on the server.</summary>
/// <remarks>
/// Those of a light page; report.css has the same. A dark page turns its pictures round, lightness and not hue, so that
/// it needs no others.
/// </remarks>
internal static class Theme
{
    internal static Color Background { get; } = new("#FFFFFF");

    internal static Color Text { get; } = new("#1B1F24");

    internal static Color Grid { get; } = new("#E3E6EA");

    /// <summary>The same hue for a second part. It is opaque: grid lines must not shine through.</summary>
    internal static Color Pale(Color color)
    {
        const double Share = 0.45;
        byte Mix(byte from, byte to) => (byte)(from * Share + to * (1 - Share));
        return new Color(Mix(color.R, Background.R), Mix(color.G, Background.G), Mix(color.B, Background.B));
    }
}
