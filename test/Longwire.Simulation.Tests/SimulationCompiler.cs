using System.Reflection;
using System.Runtime.Loader;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Emit;
using Microsoft.CodeAnalysis.Text;

namespace Longwire.Simulation.Tests;

/// <summary>Compiles the sources and the simulation together, as they are or with a planted bug.</summary>
/// <remarks>
/// <c>ConfigureAwait(false)</c> is left out: an <c>await</c> then comes back to the simulation's executor instead of a
/// thread of the framework's pool, and a seed is the same run every time.
/// </remarks>
internal sealed class SimulationCompiler
{
    private const string Prelude = """
        global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq;
        global using System.Threading; global using System.Threading.Tasks;
        """;

    private static readonly string[] s_generators =
        ["Microsoft.Extensions.Logging.Generators", "Microsoft.Interop.LibraryImportGenerator"];

    private readonly CSharpParseOptions _parse = CSharpParseOptions.Default
        .WithLanguageVersion(LanguageVersion.CSharp14)
        .WithPreprocessorSymbols("DEBUG", "LONGWIRE_SIMULATION", "NET10_0", "NET10_0_OR_GREATER");

    private readonly Dictionary<string, SyntaxTree> _trees = [];
    private readonly CSharpCompilation _base;

    internal SimulationCompiler()
    {
        string root = Metadata("RepoRoot");
        string own = Path.Combine(root, "test", "Longwire.Simulation.Tests", "Simulation");
        IEnumerable<string> sources = Metadata("Simulated").Split(';')
            .SelectMany(project => Sources(Path.Combine(root, "src", $"Longwire.{project}")));
        foreach (string file in sources.Concat(Sources(own)))
            _trees.Add(Path.GetRelativePath(root, file).Replace('\\', '/'), Parse(File.ReadAllText(file), file));
        foreach (string file in s_generators.SelectMany(g => Sources(Path.Combine(Metadata("Generated"), g))))
            _trees.Add(file, Parse(File.ReadAllText(file), file));
        _trees.Add("prelude", Parse(Prelude, "prelude.cs"));
        string platform = (string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!;
        IEnumerable<string> references = platform.Split(Path.PathSeparator).Where(IsReference);
        _base = CSharpCompilation.Create(
            "Longwire.Simulated",
            _trees.Values,
            references.Select(static path => MetadataReference.CreateFromFile(path)),
            new CSharpCompilationOptions(
                OutputKind.DynamicallyLinkedLibrary,
                optimizationLevel: OptimizationLevel.Release,
                allowUnsafe: true,
                nullableContextOptions: NullableContextOptions.Enable,
                deterministic: true));
    }

    /// <summary>The sources as they are.</summary>
    internal SimulationAssembly Compile() => Emit(_base, "the sources");

    /// <summary>The sources with a planted bug; throws when its place is not found exactly once.</summary>
    internal SimulationAssembly Compile(PlantedBug bug)
    {
        SyntaxTree tree = _trees[bug.File];
        string text = tree.GetText().ToString();
        int found = text.Split(bug.Original).Length - 1;
        if (found != 1)
        {
            throw new InvalidOperationException(
                $"The planted bug '{bug.Name}' must be re-aimed: its text stands {found} times in {bug.File}.");
        }
        text = text.Replace(bug.Original, bug.Replacement, StringComparison.Ordinal);
        SyntaxTree planted = Parse(text, tree.FilePath);
        return Emit(_base.ReplaceSyntaxTree(tree, planted), bug.Name);
    }

    private static SimulationAssembly Emit(CSharpCompilation compilation, string what)
    {
        using var image = new MemoryStream();
        EmitResult result = compilation.Emit(
            image, options: new EmitOptions(debugInformationFormat: DebugInformationFormat.Embedded));
        if (!result.Success)
        {
            IEnumerable<Diagnostic> errors = result.Diagnostics.Where(d => d.Severity == DiagnosticSeverity.Error);
            throw new InvalidOperationException($"{what} does not compile:\n{string.Join('\n', errors.Take(10))}");
        }
        image.Position = 0;
        return new SimulationAssembly(image);
    }

    private SyntaxTree Parse(string text, string path)
    {
        text = text.Replace(".ConfigureAwait(false)", "", StringComparison.Ordinal);
        return CSharpSyntaxTree.ParseText(SourceText.From(text, System.Text.Encoding.UTF8), _parse, path);
    }

    private static IEnumerable<string> Sources(string folder) =>
        Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
            .Where(path => !IsOutput(Path.GetRelativePath(folder, path)))
            .Order(StringComparer.Ordinal);

    private static bool IsOutput(string path) =>
        Array.Exists(path.Split(Path.DirectorySeparatorChar), static part => part is "obj" or "bin");

    /// <summary>The framework and the logging contract; not this assembly, which has the same types.</summary>
    private static bool IsReference(string path)
    {
        string name = Path.GetFileNameWithoutExtension(path);
        return name.StartsWith("System", StringComparison.Ordinal) || name is "mscorlib" or "netstandard"
            || name is "Microsoft.Win32.Primitives" or "Microsoft.Extensions.Logging.Abstractions"
            || name.StartsWith("Microsoft.Extensions.DependencyInjection", StringComparison.Ordinal);
    }

    private static string Metadata(string key) => typeof(SimulationCompiler).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().First(a => a.Key == key).Value!;
}

/// <summary>One compiled simulation; it is unloaded when nobody uses it any more.</summary>
internal sealed class SimulationAssembly
{
    private readonly Func<ulong, string?> _run;
    private readonly Type _entry;

    internal SimulationAssembly(Stream image)
    {
        var context = new AssemblyLoadContext("simulation", isCollectible: true);
        _entry = context.LoadFromStream(image).GetType("Longwire.Simulation.SimulationRun")!;
        _run = _entry.GetMethod("Run")!.CreateDelegate<Func<ulong, string?>>();
    }

    /// <summary>What the seeds since the start did.</summary>
    internal IReadOnlyDictionary<string, long> Coverage =>
        (IReadOnlyDictionary<string, long>)_entry.GetProperty("Coverage")!.GetValue(null)!;

    /// <summary>A hash of all that the last seed did.</summary>
    internal ulong LastHash => (ulong)_entry.GetProperty("LastHash")!.GetValue(null)!;

    /// <summary>Runs one seed; null, or what was found.</summary>
    internal string? Run(ulong seed) => _run(seed);
}
