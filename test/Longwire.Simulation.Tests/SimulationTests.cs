using System.Diagnostics;
using System.Globalization;

namespace Longwire.Simulation.Tests;

public sealed class SimulationTests(SimulationSources sources, ITestOutputHelper output)
    : IClassFixture<SimulationSources>
{
    [Fact]
    public void Seeds_find_nothing()
    {
        SimulationAssembly simulation = sources.Compiler.Compile();
        var failures = new List<string>();
        var watch = Stopwatch.StartNew();
        (ulong first, int count) = Seeds();
        for (ulong seed = first; seed < first + (ulong)count && failures.Count < 5; seed++)
        {
            long before = watch.ElapsedMilliseconds;
            if (simulation.Run(seed) is { } failure)
                failures.Add(failure);
            if (watch.ElapsedMilliseconds - before > 1000)
                output.WriteLine($"seed {seed} took {watch.ElapsedMilliseconds - before} ms");
        }
        output.WriteLine($"{count} seeds from {first} in {watch.Elapsed}");
        foreach ((string what, long times) in simulation.Coverage)
            output.WriteLine($"{times,12} {what}");
        Assert.True(failures.Count == 0, string.Join("\n\n", failures));
    }

    private static (ulong First, int Count) Seeds()
    {
        if (Number("LONGWIRE_SIM_SEED") is { } seed)
            return ((ulong)seed, 1);
        return (1, (int)(Number("LONGWIRE_SIM_SEEDS") ?? 20));
    }

    internal static long? Number(string variable) =>
        long.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out long value)
            ? value
            : null;
}

/// <summary>The parsed sources, shared by the tests of a class.</summary>
public sealed class SimulationSources
{
    internal SimulationCompiler Compiler { get; } = new();
}
