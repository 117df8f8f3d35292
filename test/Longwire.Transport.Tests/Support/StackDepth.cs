namespace Longwire.Transport.Tests;

/// <summary>
/// How far apart, on one thread's stack, the calls to <see cref="Note"/> were: recursion shows as growth.
/// </summary>
internal sealed unsafe class StackDepth
{
    private long _lowest = long.MaxValue;
    private long _highest;

    internal long Bytes => _highest - _lowest;

    internal void Note()
    {
        byte here;
        long address = (long)&here;
        _lowest = Math.Min(_lowest, address);
        _highest = Math.Max(_highest, address);
    }
}
