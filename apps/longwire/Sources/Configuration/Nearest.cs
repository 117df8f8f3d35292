namespace Longwire.Service.Sources.Configuration;

/// <summary>The word that somebody meant.</summary>
internal static class Nearest
{
    /// <summary>
    /// The word that fewest edits make of the text, when these are no more than a third of it; null when none is near.
    /// </summary>
    public static string? To(string text, IEnumerable<string> words) =>
        words.Select(word => (Word: word, Edits: Distance(text.ToUpperInvariant(), word.ToUpperInvariant())))
            .Where(near => near.Edits <= Math.Max(1, Math.Max(text.Length, near.Word.Length) / 3))
            .OrderBy(near => near.Edits).Select(near => near.Word).FirstOrDefault();

    /// <summary>Levenshtein's distance, one row at a time.</summary>
    private static int Distance(string left, string right)
    {
        int[] row = [.. Enumerable.Range(0, right.Length + 1)];
        for (int i = 1; i <= left.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= right.Length; j++)
            {
                int replaced = diagonal + (left[i - 1] == right[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, 1 + Math.Min(row[j], row[j - 1]));
            }
        }
        return row[^1];
    }
}
