using Longwire.Hosting.Settings;

namespace Longwire.Service.Sources.Configuration;

/// <summary>The word that somebody meant.</summary>
internal static class Nearest
{
    /// <summary>
    /// The word that fewest edits make of the text, when these are no more than a third of it; null when none is near.
    /// </summary>
    public static string? To(string text, IEnumerable<string> words) =>
        words.Select(word => (Word: word, Edits: NearestName.Distance(text, word)))
            .Where(near => near.Edits <= Math.Max(1, Math.Max(text.Length, near.Word.Length) / 3))
            .OrderBy(near => near.Edits).Select(near => near.Word).FirstOrDefault();
}
