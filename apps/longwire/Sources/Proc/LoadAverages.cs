namespace Longwire.Service.Sources.Proc;

/// <summary>What /proc/loadavg says. The kernel counts threads, of all processes. [proc_loadavg(5)]</summary>
internal readonly record struct LoadAverages(
    double OneMinute, double FiveMinutes, double FifteenMinutes, long? RunningThreads, long? Threads)
{
    /// <summary>Reads the text; false without the three averages.</summary>
    public static bool TryParse(ReadOnlySpan<byte> loadavg, out LoadAverages load)
    {
        load = default;
        if (!ProcText.TryTakeLine(ref loadavg, out ReadOnlySpan<byte> line) ||
            !TryTakeAverage(ref line, out double one) || !TryTakeAverage(ref line, out double five) ||
            !TryTakeAverage(ref line, out double fifteen))
            return false;
        load = new LoadAverages(one, five, fifteen, null, null);
        if (!ProcText.TryTakeField(ref line, out ReadOnlySpan<byte> counts))
            return true;
        int slash = counts.IndexOf((byte)'/');
        if (slash > 0 && ProcText.TryParse(counts[..slash], out ulong running) && running <= int.MaxValue &&
            ProcText.TryParse(counts[(slash + 1)..], out ulong all) && all <= int.MaxValue)
            load = load with { RunningThreads = (long)running, Threads = (long)all };
        return true;
    }

    /// <summary>Whole seconds since boot from /proc/uptime, or null.</summary>
    public static long? ParseUptime(ReadOnlySpan<byte> uptime) =>
        TryTakeAverage(ref uptime, out double seconds) && seconds < int.MaxValue ? (long)seconds : null;

    private static bool TryTakeAverage(ref ReadOnlySpan<byte> line, out double value)
    {
        value = 0;
        return ProcText.TryTakeField(ref line, out ReadOnlySpan<byte> field) && ProcText.TryParse(field, out value);
    }
}
