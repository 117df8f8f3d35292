using System.Buffers.Text;

namespace Longwire.Service.Sources.Proc;

/// <summary>The shape that the files below /proc share: lines of fields between spaces or tabs.</summary>
internal static class ProcText
{
    /// <summary>Takes the next line off the text, without its line feed.</summary>
    public static bool TryTakeLine(ref ReadOnlySpan<byte> text, out ReadOnlySpan<byte> line)
    {
        if (text.IsEmpty)
        {
            line = default;
            return false;
        }
        int end = text.IndexOf((byte)'\n');
        line = end < 0 ? text : text[..end];
        text = end < 0 ? default : text[(end + 1)..];
        return true;
    }

    /// <summary>Takes the next field off the line.</summary>
    public static bool TryTakeField(ref ReadOnlySpan<byte> line, out ReadOnlySpan<byte> field)
    {
        ReadOnlySpan<byte> rest = line.TrimStart(" \t"u8);
        int end = rest.IndexOfAny((byte)' ', (byte)'\t');
        field = end < 0 ? rest : rest[..end];
        line = end < 0 ? default : rest[end..];
        return !field.IsEmpty;
    }

    /// <summary>Takes the next field, which must be a whole number from 0 to 2⁶⁴ − 1 and nothing else.</summary>
    public static bool TryTakeNumber(ref ReadOnlySpan<byte> line, out ulong value)
    {
        value = 0;
        return TryTakeField(ref line, out ReadOnlySpan<byte> field) && TryParse(field, out value);
    }

    /// <summary>
    /// Takes <paramref name="values"/>.Length numbers; false when one is missing or is not a number.
    /// </summary>
    public static bool TryTakeNumbers(ref ReadOnlySpan<byte> line, scoped Span<ulong> values)
    {
        foreach (ref ulong value in values)
        {
            if (!TryTakeNumber(ref line, out value))
                return false;
        }
        return true;
    }

    /// <summary>Finds <c>key value</c> or <c>key: value</c>; null when there is none or it is not a number.</summary>
    public static ulong? FindNumber(ReadOnlySpan<byte> text, ReadOnlySpan<byte> key)
    {
        while (TryTakeLine(ref text, out ReadOnlySpan<byte> line))
        {
            if (!TryTakeField(ref line, out ReadOnlySpan<byte> name) || !name.TrimEnd((byte)':').SequenceEqual(key))
                continue;
            return TryTakeNumber(ref line, out ulong value) ? value : null;
        }
        return null;
    }

    /// <summary>The whole field as a number.</summary>
    public static bool TryParse(ReadOnlySpan<byte> field, out ulong value) =>
        Utf8Parser.TryParse(field, out value, out int used) && used == field.Length && !field.IsEmpty;

    /// <summary>The whole field as a decimal number that is not negative.</summary>
    public static bool TryParse(ReadOnlySpan<byte> field, out double value) =>
        Utf8Parser.TryParse(field, out value, out int used) && used == field.Length && double.IsFinite(value) &&
        value >= 0;
}
