using System.Text;

namespace Longwire.Service.Console;

/// <summary>Aligns columns: the first ones to the left, the others, numbers, to the right.</summary>
internal static class TextTable
{
    /// <summary>Rows of equal length as comment lines.</summary>
    public static IEnumerable<string> Lines(IReadOnlyList<string[]> rows, int leftColumns)
    {
        var widths = new int[rows[0].Length];
        foreach (string[] row in rows)
        {
            for (int i = 0; i < row.Length; i++)
                widths[i] = Math.Max(widths[i], row[i].Length);
        }
        foreach (string[] row in rows)
        {
            var line = new StringBuilder("#");
            for (int i = 0; i < row.Length; i++)
                line.Append("  ").Append(i < leftColumns ? row[i].PadRight(widths[i]) : row[i].PadLeft(widths[i]));
            line.Remove(1, 1); // one blank after '#'
            yield return line.ToString().TrimEnd();
        }
    }
}
