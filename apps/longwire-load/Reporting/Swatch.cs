using System.Globalization;

namespace Longwire.Load.Reporting;

/// <summary>Servers' names as the page writes them: with a piece of the line that they have in the plots.</summary>
internal static class Swatch
{
    /// <summary>The name behind its piece of line.</summary>
    internal static Html Name(this Palette palette, string label)
    {
        ServerStyle style = palette[label];
        string dashes = string.Join(' ', style.Dashes.Select(static d => d.ToString(CultureInfo.InvariantCulture)));
        return Html.Of($"""
            <svg class="swatch s{style.Index}" viewBox="0 0 26 10" aria-hidden="true">
            <path d="M1 5h24" stroke-dasharray="{dashes}"/></svg> {label}
            """);
    }

    /// <summary>The colours of all lines.</summary>
    internal static Html Colors(this Palette palette) => Html.Of($"""
        {palette.Styles.Select(static style => new Html($".s{style.Index} {{ color: {style.Color}; }} "))}

        """);
}
