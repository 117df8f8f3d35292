using System.Diagnostics;
using System.Globalization;

namespace Longwire.Load.Servers;

/// <summary>Counts a process's system calls by strace, which slows it down: such a run times nothing.</summary>
/// <remarks>Owner: whoever measures. Concurrency: one thread at a time. Bound: strace's table.</remarks>
internal sealed class SystemCallCount : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly Process _strace;
    private readonly string _file;

    private SystemCallCount(Process strace, string file)
    {
        _strace = strace;
        _file = file;
    }

    /// <summary>Attaches to all threads; what they do from the return on is counted.</summary>
    internal static async Task<SystemCallCount> AttachAsync(int pid)
    {
        string file = Path.GetTempFileName();
        var start = new ProcessStartInfo("strace", ["-f", "-c", "-p", $"{pid}", "-o", file])
        {
            RedirectStandardError = true,
        };
        Process strace;
        try
        {
            strace = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            File.Delete(file);
            throw new ArgumentException("--strace needs strace: install it (apt-get install strace).", exception);
        }
        var count = new SystemCallCount(strace, file);
        string? said = null;
        try
        {
            said = await strace.StandardError.ReadLineAsync().WaitAsync(s_patience);
        }
        finally
        {
            if (said is null)
                count.Dispose();
        }
        if (said?.Contains("attached", StringComparison.Ordinal) == true)
            return count;
        count.Dispose();
        throw new InvalidOperationException($"strace cannot attach to process {pid}: {said}");
    }

    /// <summary>Detaches; calls by name.</summary>
    internal async Task<IReadOnlyDictionary<string, long>> DetachAsync()
    {
        Task<string> rest = _strace.StandardError.ReadToEndAsync();
        SystemClock.Signal(_strace.Id, SystemClock.Interrupt);
        await _strace.WaitForExitAsync().WaitAsync(s_patience);
        await rest;
        return Parse(await File.ReadAllLinesAsync(_file));
    }

    public void Dispose()
    {
        if (!_strace.HasExited)
            _strace.Kill();
        _strace.Dispose();
        File.Delete(_file);
    }

    /// <summary>
    /// Reads strace's table: percent, seconds, microseconds per call, calls, perhaps errors, and the name.
    /// </summary>
    internal static SortedDictionary<string, long> Parse(IEnumerable<string> table)
    {
        var calls = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (string line in table)
        {
            string[] fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length is 5 or 6 && fields[^1] != "total"
                && long.TryParse(fields[3], NumberStyles.None, CultureInfo.InvariantCulture, out long count))
            {
                calls[fields[^1]] = count;
            }
        }
        return calls;
    }
}
