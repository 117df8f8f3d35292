using System.Globalization;

namespace Longwire.Load.Servers;

/// <summary>How many connections one process of clients may hold.</summary>
internal static class Descriptors
{
    /// <summary>One process uses one source address, and that has about 28,000 ephemeral ports.</summary>
    internal const int MostPerProcess = 20_000;

    private const int Reserve = 500; // the runtime's own files, and the publishers
    private const int Usual = 1_024;

    /// <summary>Connections that this process's limit of descriptors (RLIMIT_NOFILE) leaves room for.</summary>
    internal static int ConnectionsPerProcess() => Math.Clamp(Limit() - Reserve, Reserve, MostPerProcess);

    private static int Limit()
    {
        if (!File.Exists("/proc/self/limits"))
            return Usual;
        string line = File.ReadLines("/proc/self/limits").First(
            static one => one.StartsWith("Max open files", StringComparison.Ordinal));
        string soft = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[3];
        return long.TryParse(soft, CultureInfo.InvariantCulture, out long limit)
            ? (int)Math.Min(int.MaxValue, limit)
            : int.MaxValue; // unlimited
    }
}
