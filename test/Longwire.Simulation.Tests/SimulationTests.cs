using System.Diagnostics;
using System.Globalization;

namespace Longwire.Simulation.Tests;

public sealed class SimulationTests(SimulationSources sources, ITestOutputHelper output)
    : IClassFixture<SimulationSources>
{
    private const ulong MostSeeds = 1000;
    private const int EverydayBugs = 3;

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

    [Fact]
    public void A_seed_is_the_same_run_every_time()
    {
        SimulationAssembly simulation = sources.Compiler.Compile();
        Assert.Null(simulation.Run(7));
        ulong first = simulation.LastHash;
        Assert.Null(simulation.Run(8));
        Assert.Null(simulation.Run(7));
        Assert.Equal(first, simulation.LastHash);
    }

    [Theory]
    [MemberData(nameof(PlantedNames))]
    public void A_planted_bug_is_found(string name)
    {
        PlantedBug bug = PlantedBugs.All.Single(b => b.Name == name);
        var watch = Stopwatch.StartNew();
        SimulationAssembly simulation = sources.Compiler.Compile(bug);
        string? failure = null;
        ulong seed = 0;
        while (failure is null && seed < MostSeeds)
            failure = simulation.Run(++seed);
        Assert.True(failure is not null, $"'{name}' was not found within {MostSeeds} seeds.");
        output.WriteLine($"found at seed {seed} in {watch.Elapsed.TotalSeconds:F1} s: {failure.Split('\n')[0]}");
    }

    /// <summary>All of them with LONGWIRE_SIM_FULL=1, else the first of the table.</summary>
    public static TheoryData<string> PlantedNames()
    {
        bool isFull = Number("LONGWIRE_SIM_FULL") is > 0;
        return [.. PlantedBugs.All.Take(isFull ? int.MaxValue : EverydayBugs).Select(static bug => bug.Name)];
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
