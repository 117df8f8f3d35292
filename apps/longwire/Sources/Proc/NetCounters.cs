namespace Longwire.Service.Sources.Proc;

/// <summary>What one interface has moved since it appeared, from a line of /proc/net/dev.</summary>
internal readonly record struct NetCounters(
    ulong RxBytes, ulong RxPackets, ulong RxErrors, ulong RxDrops,
    ulong TxBytes, ulong TxPackets, ulong TxErrors, ulong TxDrops)
{
    /// <summary>Reads a line; false for the two header lines and for malformed ones.</summary>
    public static bool TryParse(ReadOnlySpan<byte> line, out ReadOnlySpan<byte> name, out NetCounters counters)
    {
        counters = default;
        // The last colon: old aliases are named eth0:1, and the counters have none. A space need not follow it.
        int colon = line.LastIndexOf((byte)':');
        name = colon < 0 ? default : line[..colon].Trim((byte)' ');
        if (name.IsEmpty)
            return false;
        line = line[(colon + 1)..];
        // rx: bytes packets errs drop fifo frame compressed multicast; tx: bytes packets errs drop ...
        Span<ulong> columns = stackalloc ulong[12];
        if (!ProcText.TryTakeNumbers(ref line, columns))
            return false;
        counters = new NetCounters(
            columns[0], columns[1], columns[2], columns[3], columns[8], columns[9], columns[10], columns[11]);
        return true;
    }
}
