using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Longwire.Load.Servers;

/// <summary>What libc offers and the framework does not: clocks of processes, short sleeps, signals.</summary>
internal static partial class SystemClock
{
    internal const int Interrupt = 2; // SIGINT
    internal const int Terminate = 15; // SIGTERM

    private const int ProcessClock = 2; // the scheduler's clock, in clock_getcpuclockid's encoding (CPUCLOCK_SCHED)

    /// <summary>Processor time of a process so far, in nanoseconds; 0 when it is gone.</summary>
    internal static long ProcessNanoseconds(int pid)
    {
        int clock = (~pid << 3) | ProcessClock;
        return clock_gettime(clock, out Timespec time) == 0 ? time.Seconds * 1_000_000_000 + time.Nanoseconds : 0;
    }

    /// <summary>The same for a process of clients; empty where it is unknown.</summary>
    internal static IReadOnlyList<long> ReadCpu(int pid) =>
        OperatingSystem.IsLinux() ? [ProcessNanoseconds(pid)] : [];

    /// <summary>Sleeps to a tenth of a millisecond; a wait with a timeout would round up to whole ones.</summary>
    internal static void Sleep(TimeSpan time)
    {
        if (!OperatingSystem.IsLinux())
        {
            Thread.Sleep(time);
            return;
        }
        var wanted = new Timespec { Seconds = (long)time.TotalSeconds, Nanoseconds = time.Ticks % 10_000_000 * 100 };
        _ = nanosleep(in wanted, 0); // cut short by a signal: the caller looks at the clock again
    }

    /// <summary>Sends a signal.</summary>
    /// <exception cref="Win32Exception">The process is gone, or somebody else's.</exception>
    internal static void Signal(int pid, int signal)
    {
        if (kill(pid, signal) != 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    [LibraryImport("libc")]
    private static partial int clock_gettime(int clock, out Timespec time);

    [LibraryImport("libc")]
    private static partial int nanosleep(in Timespec wanted, nint remaining);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int pid, int signal);

    private struct Timespec
    {
        internal long Seconds;
        internal long Nanoseconds;
    }
}
