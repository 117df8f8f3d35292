namespace Longwire.Service.Sources.Proc;

/// <summary>
/// What a block device has moved since boot, from /proc/diskstats. [Documentation/admin-guide/iostats.rst]
/// </summary>
internal readonly record struct DiskCounters(ulong ReadBytes, ulong WrittenBytes)
{
    /// <summary>The file counts in sectors of 512 bytes whatever the device has.</summary>
    private const ulong SectorBytes = 512;

    /// <summary>Finds a device by its number, or else by its name.</summary>
    /// <remarks>The name is for file systems with a device number of their own, such as btrfs.</remarks>
    public static bool TryFind(
        ReadOnlySpan<byte> diskstats, Mount mount, ReadOnlySpan<byte> deviceName, out DiskCounters counters)
    {
        counters = default;
        bool found = false;
        Span<ulong> columns = stackalloc ulong[7];
        while (ProcText.TryTakeLine(ref diskstats, out ReadOnlySpan<byte> line))
        {
            if (!ProcText.TryTakeNumber(ref line, out ulong major) ||
                !ProcText.TryTakeNumber(ref line, out ulong minor) ||
                !ProcText.TryTakeField(ref line, out ReadOnlySpan<byte> name))
                continue;
            bool sameNumber = major == (ulong)mount.Major && minor == (ulong)mount.Minor;
            if (!sameNumber && (found || deviceName.IsEmpty || !name.SequenceEqual(deviceName)))
                continue;
            // reads, merged, sectors, ms, writes, merged, sectors; kernels 4.18 and 5.5 added columns behind them
            if (!ProcText.TryTakeNumbers(ref line, columns))
                continue;
            counters = new DiskCounters(columns[2] * SectorBytes, columns[6] * SectorBytes);
            found = true;
            if (sameNumber)
                return true;
        }
        return found;
    }
}
