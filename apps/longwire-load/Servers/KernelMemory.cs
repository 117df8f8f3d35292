using System.Globalization;

namespace Longwire.Load.Servers;

/// <summary>What the kernel holds for connections, as far as it may be read.</summary>
internal static class KernelMemory
{
    private const long PageBytes = 4096;

    /// <summary>The caches that grow with connections; both ends of a loopback connection are in them.</summary>
    private static readonly HashSet<string> s_caches = new(
        [
            "TCP", "TCPv6", "sock_inode_cache", "dentry", "filp", "eventpoll_epi", "eventpoll_pwq", "tcp_bind_bucket",
            "tcp_bind2_bucket", "request_sock_TCP", "skbuff_head_cache", "skbuff_small_head",
            "kmalloc-64", "kmalloc-96",
        ],
        StringComparer.Ordinal);

    /// <summary>Bytes in use of the caches (slabinfo(5)) and of TCP's buffers (sockstat); null if not told.</summary>
    internal static long? ReadBytes()
    {
        long? caches = TryRead("/proc/slabinfo") is { } slabs ? CacheBytes(slabs) : null;
        return caches is null ? null : caches + BufferBytes(TryRead("/proc/net/sockstat") ?? []);
    }

    internal static long CacheBytes(IEnumerable<string> slabinfo)
    {
        long bytes = 0;
        foreach (string line in slabinfo)
        {
            string[] fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length > 3 && s_caches.Contains(fields[0]))
                bytes += Number(fields[1]) * Number(fields[3]); // active objects and an object's bytes
        }
        return bytes;
    }

    internal static long BufferBytes(IEnumerable<string> sockstat)
    {
        string? tcp = sockstat.FirstOrDefault(static line => line.StartsWith("TCP:", StringComparison.Ordinal));
        string[] fields = tcp?.Split(' ') ?? [];
        int at = Array.IndexOf(fields, "mem");
        return at < 0 ? 0 : Number(fields[at + 1]) * PageBytes;
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    private static string[]? TryRead(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null; // not for everyone, or not on this system
        }
    }
}
