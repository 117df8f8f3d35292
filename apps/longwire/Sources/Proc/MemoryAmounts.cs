namespace Longwire.Service.Sources.Proc;

/// <summary>What /proc/meminfo says, in bytes. [proc_meminfo(5)]</summary>
internal readonly record struct MemoryAmounts(long Total, long? Available, long? SwapTotal, long? SwapFree)
{
    /// <summary>Reads the text; false without a total. What else is missing or malformed is null.</summary>
    public static bool TryParse(ReadOnlySpan<byte> meminfo, out MemoryAmounts amounts)
    {
        long? total = Bytes(meminfo, "MemTotal"u8);
        amounts = new MemoryAmounts(
            total ?? 0, Bytes(meminfo, "MemAvailable"u8), Bytes(meminfo, "SwapTotal"u8), Bytes(meminfo, "SwapFree"u8));
        return total > 0;
    }

    // The file says kB and means 1,024 bytes.
    private static long? Bytes(ReadOnlySpan<byte> meminfo, ReadOnlySpan<byte> key) =>
        ProcText.FindNumber(meminfo, key) is { } kibibytes && kibibytes <= long.MaxValue / 1024
            ? (long)kibibytes * 1024
            : null;
}
