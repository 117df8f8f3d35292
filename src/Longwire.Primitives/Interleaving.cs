using System.Diagnostics;

namespace Longwire.Primitives;

/// <summary>
/// Marks the places where two threads may meet. The simulation compiles the sources with
/// <c>LONGWIRE_SIMULATION</c> and runs another actor at such a point; everywhere else the calls vanish.
/// </summary>
internal static class Interleaving
{
    /// <summary>What the simulation does at a point; null outside of it.</summary>
    [ThreadStatic]
    internal static Action? Hook;

    [Conditional("LONGWIRE_SIMULATION")]
    internal static void Point() => Hook?.Invoke();
}
