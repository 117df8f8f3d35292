using System.Globalization;

namespace Longwire.Service.Cli;

/// <summary>What the system says about its limits; null where it does not.</summary>
/// <remarks>On Linux from files below a root, so that tests bring their own; elsewhere all is null.</remarks>
internal sealed class SystemFacts(string root)
{
    private const long PageBytes = 4096; // of tcp_mem on the platforms that there are

    /// <summary>Most descriptors of this process, which .NET raises to the hard limit at its start.</summary>
    public long? Descriptors => Number(
        Lines("proc/self/limits").FirstOrDefault(
            static line => line.StartsWith("Max open files", StringComparison.Ordinal)),
        position: 4);

    /// <summary>Most connections of one listener that wait for accept.</summary>
    public long? AcceptQueue => Number(Line("proc/sys/net/core/somaxconn"));

    /// <summary>Ports for connections that leave this machine, from one address to one other.</summary>
    public long? OutgoingPorts => Line("proc/sys/net/ipv4/ip_local_port_range") is { } range
        && Number(range) is { } first && Number(range, position: 1) is { } last
            ? last - first + 1
            : null;

    /// <summary>What all sockets of the machine may hold together.</summary>
    public long? TcpBytes => Number(Line("proc/sys/net/ipv4/tcp_mem"), position: 2) * PageBytes;

    /// <summary>Connections that a firewall on this machine can follow; null when there is none.</summary>
    public long? TrackedConnections => Number(Line("proc/sys/net/netfilter/nf_conntrack_max"));

    private string? Line(string path) => Lines(path).FirstOrDefault();

    private string[] Lines(string path)
    {
        string file = Path.Combine(root, path);
        try
        {
            return File.Exists(file) ? File.ReadAllLines(file) : [];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return []; // told as unknown
        }
    }

    /// <summary>The number at a word's position; "unlimited" is as many as there are.</summary>
    private static long? Number(string? line, int position = 0)
    {
        string[] words = (line ?? "").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (words.Length <= position)
            return null;
        return words[position] == "unlimited" ? long.MaxValue
            : long.TryParse(words[position], NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number
            : null;
    }
}
