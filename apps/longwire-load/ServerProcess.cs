using System.Globalization;

namespace Longwire.Load;

/// <summary>The server under test, as /proc shows it (proc(5)); Linux only.</summary>
/// <remarks>Owner: a scenario. Concurrency: any thread. Bound: one read of three small files per sample.</remarks>
internal sealed class ServerProcess
{
    private const double TicksPerSecond = 100; // USER_HZ, which is fixed on Linux whatever the kernel's own clock
    private const int UserField = 14; // fields of /proc/PID/stat as proc(5) numbers them
    private const int SystemField = 15;

    private readonly int _pid;

    internal ServerProcess(int pid)
    {
        _pid = pid;
        if (!IsAlive)
            throw new ArgumentException($"There is no process {pid} (--server-pid needs Linux).");
    }

    /// <summary>False once it has ended, also while its parent has not asked for its exit code yet.</summary>
    internal bool IsAlive
    {
        get
        {
            string[]? fields = Fields();
            return fields is not null && fields[0] is not ("Z" or "X");
        }
    }

    /// <summary>A sample of this moment; default when the process is gone.</summary>
    internal Sample Read()
    {
        string[]? fields = Fields();
        if (fields is null)
            return default;
        return new Sample(
            Kibibytes("VmRSS:") * 1024,
            double.Parse(fields[UserField - 3], CultureInfo.InvariantCulture) / TicksPerSecond,
            double.Parse(fields[SystemField - 3], CultureInfo.InvariantCulture) / TicksPerSecond);
    }

    private long Kibibytes(string name)
    {
        foreach (string line in File.ReadLines($"/proc/{_pid}/status"))
        {
            if (line.StartsWith(name, StringComparison.Ordinal))
            {
                string number = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2];
                return long.Parse(number, CultureInfo.InvariantCulture);
            }
        }
        return 0;
    }

    /// <summary>
    /// The fields from the third on: the second, the name, may contain anything, but ends with the last bracket.
    /// </summary>
    private string[]? Fields()
    {
        try
        {
            string line = File.ReadAllText($"/proc/{_pid}/stat");
            return line[(line.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return null; // the process is gone
        }
    }

    /// <summary>Memory and processor time of the server.</summary>
    internal readonly record struct Sample(long ResidentBytes, double UserSeconds, double SystemSeconds);
}
