namespace Longwire;

/// <summary>
/// The process's bytes for outboxes, given to loops in chunks so that a delivery costs no shared write.
/// </summary>
/// <remarks>Owner: the server. Concurrency: any loop. Bound: the limit given; a reservation that does not fit is
/// refused.</remarks>
internal sealed class OutboxBudget(long limitBytes)
{
    internal const int ChunkBytes = ServerLimits.OutboxPortionBytes;

    private long _reserved;

    internal long ReservedBytes => Interlocked.Read(ref _reserved);

    internal bool TryReserve(long bytes)
    {
        if (Interlocked.Add(ref _reserved, bytes) <= limitBytes)
            return true;
        Interlocked.Add(ref _reserved, -bytes);
        return false;
    }

    internal void Release(long bytes) => Interlocked.Add(ref _reserved, -bytes);
}
