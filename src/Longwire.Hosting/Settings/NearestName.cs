namespace Longwire.Hosting.Settings;

/// <summary>Which known name a mistyped one may have meant.</summary>
internal static class NearestName
{
    /// <summary>The nearest name, when no more than a third of it has to be changed; otherwise null.</summary>
    internal static string? Of(string typed, IEnumerable<string> known) =>
        known.Select(name => (Name: name, Changes: Distance(typed, name)))
            .Where(static candidate => candidate.Changes * 3 <= candidate.Name.Length)
            .OrderBy(static candidate => candidate.Changes)
            .Select(static candidate => candidate.Name)
            .FirstOrDefault();

    /// <summary>
    /// Insertions, deletions and replacements from one text to the other (Levenshtein), whatever the case.
    /// </summary>
    internal static int Distance(string from, string to)
    {
        from = from.ToUpperInvariant();
        to = to.ToUpperInvariant();
        int[] row = [.. Enumerable.Range(0, to.Length + 1)];
        for (int i = 1; i <= from.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= to.Length; j++)
            {
                int replaced = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }
        return row[to.Length];
    }
}
