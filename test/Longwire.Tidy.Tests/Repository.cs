namespace Longwire.Tidy.Tests;

/// <summary>One breach of a rule, printed as <c>file:line: rule</c>.</summary>
internal sealed record Violation(string File, int Line, string Rule)
{
    public override string ToString() => $"{File}:{Line}: {Rule}";
}

/// <summary>A text file of the repository; samples in tests are made of the same type.</summary>
/// <param name="Path">Relative to the root, with forward slashes.</param>
/// <param name="Text">The whole content.</param>
internal sealed record SourceFile(string Path, string Text)
{
    internal string[] Lines => Text.ReplaceLineEndings("\n").Split('\n');

    internal string Folder => Path.Contains('/', StringComparison.Ordinal) ? Path[..Path.LastIndexOf('/')] : "";

    internal string Name => System.IO.Path.GetFileNameWithoutExtension(Path);

    internal bool IsUnder(params ReadOnlySpan<string> folders)
    {
        foreach (string folder in folders)
        {
            if (Path.StartsWith(folder + "/", StringComparison.Ordinal))
                return true;
        }
        return false;
    }

    internal Violation At(int line, string rule) => new(Path, line, rule);
}

/// <summary>The files under the root, found without git so that an unpacked archive works too.</summary>
internal static class Repository
{
    private static readonly HashSet<string> Skipped =
        new(["bin", "obj", "artifacts", "TestResults", "node_modules", ".git", ".vs"], StringComparer.Ordinal);

    private static readonly Lazy<SourceFile[]> All =
        new(() => [.. Read("cs", "md", "csproj", "props", "targets", "txt")]);

    internal static string Root { get; } = FindRoot();

    internal static SourceFile[] Files(string extension) =>
        [.. All.Value.Where(file => file.Path.EndsWith("." + extension, StringComparison.Ordinal))];

    /// <summary>Whether a path from the root is a file or a folder; a wildcard asks for a match.</summary>
    internal static bool Exists(string path)
    {
        string full = Path.Combine(Root, path);
        if (!path.Contains('*', StringComparison.Ordinal))
            return File.Exists(full) || Directory.Exists(full);
        string? folder = Path.GetDirectoryName(full);
        return Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder, Path.GetFileName(full)).Any();
    }

    internal static void AssertNone(IEnumerable<Violation> violations)
    {
        string[] found = [.. violations.Select(violation => violation.ToString()).Order(StringComparer.Ordinal)];
        if (found.Length > 0)
            Assert.Fail($"{found.Length} violation(s):\n{string.Join('\n', found)}");
    }

    private static string FindRoot()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "global.json")))
                return at.FullName;
        }
        throw new InvalidOperationException($"No global.json above {AppContext.BaseDirectory}.");
    }

    private static IEnumerable<SourceFile> Read(params string[] extensions)
    {
        var folders = new Stack<string>([Root]);
        while (folders.TryPop(out string? folder))
        {
            foreach (string child in Directory.EnumerateDirectories(folder))
            {
                if (!Skipped.Contains(Path.GetFileName(child)))
                    folders.Push(child);
            }
            foreach (string file in Directory.EnumerateFiles(folder))
            {
                if (extensions.Contains(Path.GetExtension(file).TrimStart('.'), StringComparer.Ordinal))
                    yield return new(Path.GetRelativePath(Root, file).Replace('\\', '/'), File.ReadAllText(file));
            }
        }
    }
}
