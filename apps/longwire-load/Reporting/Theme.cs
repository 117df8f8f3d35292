using ScottPlot;

namespace Longwire.Load.Reporting;

/// <summary>The colours of a page that do not depend on the server; report.css has the same.</summary>
internal sealed class Theme
{
    private readonly bool _isDark;

    private Theme(bool isDark, string background, string text, string grid)
    {
        _isDark = isDark;
        (Background, Text, Grid) = (new Color(background), new Color(text), new Color(grid));
    }

    internal static Theme Light { get; } = new(isDark: false, "#FFFFFF", "#1B1F24", "#E3E6EA");

    internal static Theme Dark { get; } = new(isDark: true, "#14181D", "#F0F3F6", "#2C333B");

    internal Color Background { get; }

    internal Color Text { get; }

    internal Color Grid { get; }

    internal Color Of(ServerStyle style) => new(_isDark ? style.Dark : style.Light);

    /// <summary>The same hue for a second part. It is opaque: grid lines must not shine through.</summary>
    internal Color Pale(Color color)
    {
        const double Share = 0.45;
        byte Mix(byte from, byte to) => (byte)(from * Share + to * (1 - Share));
        return new Color(Mix(color.R, Background.R), Mix(color.G, Background.G), Mix(color.B, Background.B));
    }
}
