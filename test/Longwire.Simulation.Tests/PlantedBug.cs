namespace Longwire.Simulation.Tests;

/// <summary>A bug that the simulation must find: a text in a source file, and what stands there instead.</summary>
internal sealed record PlantedBug(string Name, string File, string Original, string Replacement)
{
    public override string ToString() => Name;
}
