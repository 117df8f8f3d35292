using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Longwire.Primitives;

/// <summary>Asks the processor for memory that is needed soon; a hint without an effect of its own.</summary>
/// <remarks>
/// A broadcast visits every connection twice, and 10,000 of them do not fit into the cache: without the hint each visit
/// waits several times for memory, one line after the other. On processors other than x86 it does nothing.
/// </remarks>
internal static unsafe class Prefetch
{
    private const int LineBytes = 64;

    /// <summary>The first bytes of an object, its header included.</summary>
    /// <param name="target">Any object, or null. The collector may move it meanwhile: the hint is lost then.</param>
    /// <param name="bytes">A constant, so that the loop is unrolled.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Object(object? target, int bytes)
    {
        if (!Sse.IsSupported)
            return;
        byte* start = *(byte**)Unsafe.AsPointer(ref target);
        for (int offset = 0; offset < bytes; offset += LineBytes)
            Sse.Prefetch0(start + offset);
    }
}
