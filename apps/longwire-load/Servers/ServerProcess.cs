using System.Globalization;

namespace Longwire.Load.Servers;

/// <summary>The server under test, as /proc shows it (proc(5)); Linux only.</summary>
/// <remarks>Owner: whoever measures. Concurrency: any thread. Bound: a few small files per sample.</remarks>
internal sealed class ServerProcess
{
    private const double TicksPerSecond = 100; // USER_HZ, which is fixed on Linux whatever the kernel's own clock
    private const int UserField = 14; // fields of /proc/PID/stat as proc(5) numbers them
    private const int SystemField = 15;

    internal ServerProcess(int pid)
    {
        Pid = pid;
        if (!IsAlive)
            throw new ArgumentException($"There is no process {pid} (--server-pid needs Linux).");
    }

    internal int Pid { get; }

    /// <summary>False once it has ended, also while its parent has not asked for its exit code yet.</summary>
    internal bool IsAlive => Fields() is { } fields && fields[0] is not ("Z" or "X");

    /// <summary>Open descriptors.</summary>
    internal int Descriptors => Directory.Exists($"/proc/{Pid}/fd") ? Directory.GetFiles($"/proc/{Pid}/fd").Length : 0;

    /// <summary>
    /// Resident memory, counted page by page (smaps_rollup), or as the kernel estimates it (VmRSS) where it may not be
    /// read.
    /// </summary>
    internal long ResidentBytes => Kibibytes("smaps_rollup", "Rss:") ?? QuickResidentBytes;

    /// <summary>VmRSS: cheap, and off by a few hundred KiB.</summary>
    internal long QuickResidentBytes => Kibibytes("status", "VmRSS:") ?? 0;

    /// <summary>Processor time so far; all zero when the process is gone.</summary>
    internal CpuSample ReadCpu()
    {
        string[]? fields = Fields();
        return fields is null ? default : new CpuSample(
            double.Parse(fields[UserField - 3], CultureInfo.InvariantCulture) / TicksPerSecond,
            double.Parse(fields[SystemField - 3], CultureInfo.InvariantCulture) / TicksPerSecond,
            SystemClock.ProcessNanoseconds(Pid));
    }

    private long? Kibibytes(string file, string name)
    {
        try
        {
            string? line = File.ReadLines($"/proc/{Pid}/{file}").FirstOrDefault(
                one => one.StartsWith(name, StringComparison.Ordinal));
            string[] parts = line?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];
            return parts.Length == 3 ? long.Parse(parts[1], CultureInfo.InvariantCulture) * 1024 : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null; // the process is gone, or somebody else's
        }
    }

    /// <summary>
    /// The fields from the third on: the second, the name, may contain anything, but ends with the last bracket.
    /// </summary>
    private string[]? Fields()
    {
        try
        {
            string line = File.ReadAllText($"/proc/{Pid}/stat");
            return line[(line.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return null; // the process is gone
        }
    }
}

/// <summary>Processor time of a process: user and system by ticks, all of it by the scheduler's clock.</summary>
internal readonly record struct CpuSample(double UserSeconds, double SystemSeconds, long Nanoseconds)
{
    public static CpuSample operator -(CpuSample end, CpuSample start) => new(
        end.UserSeconds - start.UserSeconds, end.SystemSeconds - start.SystemSeconds,
        end.Nanoseconds - start.Nanoseconds);

    public static CpuSample operator +(CpuSample one, CpuSample other) => new(
        one.UserSeconds + other.UserSeconds, one.SystemSeconds + other.SystemSeconds,
        one.Nanoseconds + other.Nanoseconds);
}
