using System.Buffers.Text;
using Microsoft.Win32.SafeHandles;

namespace Longwire.Transport;

/// <summary>How long the system kept this process's container from running because its CPU quota was spent.</summary>
/// <remarks>
/// The kernel's count in the control group's <c>cpu.stat</c> (Documentation/admin-guide/cgroup-v2.rst), summed over the
/// group's processors, so it may be more than one thread's share. Zero where there is no such group. One descriptor,
/// for the process's life.
/// </remarks>
internal static class CpuThrottling
{
    private const int LargestFile = 4096; // about 300 bytes today

    private static readonly SafeFileHandle? s_file = Open();

    /// <summary>
    /// The total since the group was made. Reads a pseudo-file: some microseconds, no disk, no allocation.
    /// </summary>
    internal static TimeSpan Total()
    {
        if (s_file is null)
            return TimeSpan.Zero;
        Span<byte> text = stackalloc byte[LargestFile];
        try
        {
            return Parse(text[..RandomAccess.Read(s_file, text, 0)]);
        }
        catch (IOException)
        {
            return TimeSpan.Zero; // the group was removed under us
        }
    }

    /// <summary>Reads <c>throttled_usec</c> (version 2, µs) or <c>throttled_time</c> (version 1, ns).</summary>
    internal static TimeSpan Parse(ReadOnlySpan<byte> statistics)
    {
        foreach (Range range in statistics.Split((byte)'\n'))
        {
            ReadOnlySpan<byte> line = statistics[range];
            int space = line.IndexOf((byte)' ');
            if (space < 0 || !Utf8Parser.TryParse(line[(space + 1)..], out long value, out _))
                continue;
            if (line[..space].SequenceEqual("throttled_usec"u8))
                return TimeSpan.FromMicroseconds(value);
            if (line[..space].SequenceEqual("throttled_time"u8))
                return TimeSpan.FromTicks(value / TimeSpan.NanosecondsPerTick);
        }
        return TimeSpan.Zero;
    }

    /// <summary>The path on the line <c>0::/path</c> of /proc/self/cgroup; empty for the root. [cgroups(7)]</summary>
    internal static string FindGroup(string membership)
    {
        const string Unified = "0::/";
        string? line = Array.Find(
            membership.Split('\n'), static line => line.StartsWith(Unified, StringComparison.Ordinal));
        return line is null ? "" : line[Unified.Length..];
    }

    private static SafeFileHandle? Open()
    {
        if (!OperatingSystem.IsLinux())
            return null;
        try
        {
            string group = FindGroup(File.ReadAllText("/proc/self/cgroup"));
            string[] places =
            [
                Path.Combine("/sys/fs/cgroup", group, "cpu.stat"), "/sys/fs/cgroup/cpu.stat",
                "/sys/fs/cgroup/cpu/cpu.stat",
            ];
            string? place = Array.Find(places, File.Exists);
            return place is null ? null : File.OpenHandle(place);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null; // no /proc, or not for us: nothing is subtracted
        }
    }
}
