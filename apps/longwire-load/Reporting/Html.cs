using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;

namespace Longwire.Load.Reporting;

/// <summary>Markup. Texts become markup only by <see cref="Of"/>, which escapes them.</summary>
internal readonly record struct Html(string Markup)
{
    /// <summary>Markup from a literal: strings in its holes are escaped, <see cref="Html"/> goes in as it is.</summary>
    internal static Html Of(HtmlBuilder builder) => new(builder.ToString());

    public override string ToString() => Markup;
}

/// <summary>Builds markup from an interpolated string.</summary>
/// <remarks>Owner: the interpolation. Concurrency: one thread. Bound: the text.</remarks>
[InterpolatedStringHandler]
internal readonly ref struct HtmlBuilder(int literalLength, int formattedCount)
{
    // Everything that is no markup stays as it is: the page is UTF-8.
    private static readonly HtmlEncoder s_encoder = HtmlEncoder.Create(UnicodeRanges.All);

    private readonly StringBuilder _text = new(literalLength + 16 * formattedCount);

    public void AppendLiteral(string literal) => _text.Append(literal);

    public void AppendFormatted(string? text) => _text.Append(s_encoder.Encode(text ?? ""));

    public void AppendFormatted(int number) => _text.Append(number);

    public void AppendFormatted(Html html) => _text.Append(html.Markup);

    public void AppendFormatted(IEnumerable<Html> many) => _text.AppendJoin("", many);

    public override string ToString() => _text.ToString();
}
