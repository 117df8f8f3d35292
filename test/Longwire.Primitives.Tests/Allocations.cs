using System.Diagnostics;
using System.Reflection;

namespace Longwire.Primitives.Tests;

/// <summary>Asserts that an operation allocates nothing once it is warm.</summary>
internal static class Allocations
{
    private const int WarmUp = 1_000;
    private const int Measured = 10_000;

    internal static void AssertNone(Action operation)
    {
        bool optimised = typeof(SlabPool).Assembly.GetCustomAttribute<DebuggableAttribute>() is not
        { IsJITOptimizerDisabled: true };
        const string reason = "Longwire.Primitives was built without optimisation; .ci/run asserts this in Release.";
        // Debug code keeps closures and boxes that the optimiser removes, so the answer would not be about the library.
        Assert.SkipUnless(optimised, reason);
        for (int i = 0; i < WarmUp; i++)
            operation();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Measured; i++)
            operation();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
