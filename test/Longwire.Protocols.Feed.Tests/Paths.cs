using System.Runtime.CompilerServices;

namespace Longwire.FeedTests;

/// <summary>Files of the repository that tests read.</summary>
internal static class Paths
{
    internal static string Vectors => InRepository("docs/protocols/feed-vectors.json");

    internal static string Specification => InRepository("docs/protocols/feed.md");

    internal static string PythonClient => InRepository("samples/PythonFeed/longwire_feed.py");

    private static string InRepository(string path, [CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "..", "..", path);
}
