namespace Longwire.Service.Sources.Proc;

/// <summary>The first line of /proc/stat, in clock ticks since boot, and the number of cores. [proc_stat(5)]</summary>
/// <remarks>Guest time is not a field: the kernel has counted it in user and nice already.</remarks>
internal readonly record struct CpuTimes(
    ulong User, ulong System, ulong Idle, ulong? Iowait, ulong? Steal, int Cores)
{
    /// <summary>
    /// Reads the text; false unless the first four columns are there. Columns of later kernels are skipped.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> stat, out CpuTimes times)
    {
        times = default;
        bool found = false;
        int cores = 0;
        while (ProcText.TryTakeLine(ref stat, out ReadOnlySpan<byte> line))
        {
            if (!line.StartsWith("cpu"u8) || !ProcText.TryTakeField(ref line, out ReadOnlySpan<byte> name))
                continue;
            if (name.Length > 3)
                cores++;
            else if (!(found = TryParseTotals(line, out times)))
                return false;
        }
        times = times with { Cores = cores };
        return found;
    }

    /// <summary>What each share of the time between two readings was, in percent; null when none has passed.</summary>
    /// <remarks>Idle and iowait are known to go backwards a little [proc_stat(5)]; that counts as no time.</remarks>
    public CpuShares? Since(CpuTimes earlier)
    {
        double user = Passed(User, earlier.User);
        double system = Passed(System, earlier.System);
        double idle = Passed(Idle, earlier.Idle);
        double? iowait = Iowait is { } i && earlier.Iowait is { } i0 ? Passed(i, i0) : null;
        double? steal = Steal is { } s && earlier.Steal is { } s0 ? Passed(s, s0) : null;
        double total = user + system + idle + (iowait ?? 0) + (steal ?? 0);
        return total <= 0 ? null : new CpuShares(
            Busy: 100 * (user + system + (steal ?? 0)) / total,
            User: 100 * user / total,
            System: 100 * system / total,
            Iowait: Proportion.Percent(iowait, total),
            Steal: Proportion.Percent(steal, total));
    }

    private static double Passed(ulong now, ulong before) => now > before ? now - before : 0;

    private static bool TryParseTotals(ReadOnlySpan<byte> line, out CpuTimes times)
    {
        // user nice system idle iowait irq softirq steal guest guest_nice
        times = default;
        Span<ulong> first = stackalloc ulong[4];
        if (!ProcText.TryTakeNumbers(ref line, first))
            return false;
        ulong? iowait = ProcText.TryTakeNumber(ref line, out ulong value) ? value : null;
        ulong interrupts = 0;
        for (int column = 0; column < 2 && ProcText.TryTakeNumber(ref line, out value); column++)
            interrupts += value;
        ulong? steal = ProcText.TryTakeNumber(ref line, out value) ? value : null;
        times = new CpuTimes(first[0] + first[1], first[2] + interrupts, first[3], iowait, steal, 0);
        return true;
    }
}

/// <summary>
/// Shares of the time of all cores, in percent. Busy is user + system + steal: what others could not use.
/// </summary>
internal readonly record struct CpuShares(double Busy, double User, double System, double? Iowait, double? Steal);
