namespace Longwire.Framing.Tests;

public sealed class CustomCodecTests
{
    private static readonly CheckedFrames Codec = new();

    [Theory]
    [InlineData("\u0002\u0001aa\u0002\u0000\u0000", "[a] [] end")]
    [InlineData("\u0002\u0002ab\u0003\u0002", "[ab] invalid:Truncated")]
    [InlineData("\u0002\u0001ab", "invalid:Malformed")]
    [InlineData("xy", "invalid:Malformed")]
    public void The_sample_of_the_guide_works(string stream, string expected) =>
        Decoding.Check(Codec, stream, expected);

    [Fact]
    public void The_sample_encodes() => Assert.Equal("\u0002\u0002ab\u0003", Decoding.Encode(Codec, "ab"));

    [Fact]
    public void The_guide_shows_the_code_that_is_tested()
    {
        string root = RepoRoot();
        string source = Read(Path.Combine(root, "test/Longwire.Framing.Tests/CheckedFrames.cs"));
        int from = source.IndexOf("// begin sample\n", StringComparison.Ordinal) + "// begin sample\n".Length;
        string sample = source[from..source.IndexOf("// end sample", StringComparison.Ordinal)];
        string guide = Read(Path.Combine(root, "docs/guides/framing.md"));
        Assert.Contains($"```csharp\n{sample}```", guide, StringComparison.Ordinal);
    }

    private static string Read(string path) => File.ReadAllText(path).ReplaceLineEndings("\n");

    private static string RepoRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Longwire.slnx")))
            folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("The tests do not run inside the repository.");
    }
}
