using System.Text;

namespace Longwire.Service.Sources.Proc;

/// <summary>
/// The lowest memory limit of the cgroups (version 2) that this process is in, and what is used of it.
/// </summary>
/// <remarks>
/// Owner: the memory source. Concurrency: the publisher's reader. Bound: one set of files per level of the hierarchy.
/// The cgroup is looked up once: services are not moved between cgroups while they run.
/// </remarks>
internal sealed class CgroupLimit
{
    private readonly Level[] _levels;

    public CgroupLimit(string root)
    {
        var self = new ProcFile(Path.Combine(root, "proc/self/cgroup"));
        var mounts = new ProcFile(Path.Combine(root, "proc/self/mountinfo"));
        _levels = self.TryRead(out ReadOnlySpan<byte> membership) && FindPath(membership) is { } path &&
            mounts.TryRead(out ReadOnlySpan<byte> table) &&
            MountTable.Parse(table).LastOrDefault(mount => mount.Type == "cgroup2") is { } mount
                ? [.. Directories(mount, path).Select(directory => new Level(Path.Combine(root, directory[1..])))]
                : [];
    }

    /// <summary>
    /// Reads the limits; false when there is none. Used is without the file cache that could be dropped.
    /// </summary>
    public bool TryRead(out long limit, out long? used)
    {
        limit = long.MaxValue;
        Level? lowest = null;
        foreach (Level level in _levels)
        {
            if (level.Max.TryRead(out ReadOnlySpan<byte> text) && ParseLimit(text) is { } max && max < limit)
                (limit, lowest) = (max, level);
        }
        used = null;
        if (lowest is null)
            return false;
        if (lowest.Current.TryRead(out ReadOnlySpan<byte> current) && ParseLimit(current) is { } total)
        {
            // As `docker stats` and kubelet count: inactive file pages are given back before anyone is killed.
            ulong droppable = lowest.Stat.TryRead(out ReadOnlySpan<byte> stat)
                ? ProcText.FindNumber(stat, "inactive_file"u8) ?? 0
                : 0;
            used = Math.Max(0, total - (long)Math.Min(droppable, long.MaxValue));
        }
        return true;
    }

    /// <summary>
    /// The path on the line <c>0::/path</c> of /proc/self/cgroup; null when there is none. [cgroups(7)]
    /// </summary>
    public static string? FindPath(ReadOnlySpan<byte> membership)
    {
        while (ProcText.TryTakeLine(ref membership, out ReadOnlySpan<byte> line))
        {
            if (line.StartsWith("0::/"u8))
                return Encoding.UTF8.GetString(line[3..]);
        }
        return null;
    }

    /// <summary>The number in memory.max or memory.current; null for <c>max</c>, which means no limit.</summary>
    public static long? ParseLimit(ReadOnlySpan<byte> text) =>
        ProcText.TryTakeLine(ref text, out ReadOnlySpan<byte> line) &&
        ProcText.TryParse(line.TrimEnd((byte)' '), out ulong value) && value <= long.MaxValue ? (long)value : null;

    /// <summary>
    /// The directories of a cgroup and its ancestors, as far up as the mount shows them; its own first.
    /// </summary>
    public static IEnumerable<string> Directories(Mount mount, string path)
    {
        string mountRoot = mount.Root.TrimEnd('/');
        string below = path.StartsWith(mountRoot + "/", StringComparison.Ordinal) ? path[mountRoot.Length..] : "/";
        if (below.Contains("/..", StringComparison.Ordinal))
            below = "/"; // Outside of this cgroup namespace: what is visible of it is its root.
        for (below = below.TrimEnd('/'); below.Length > 0; below = below[..below.LastIndexOf('/')])
            yield return mount.Path.TrimEnd('/') + below;
        yield return mount.Path;
    }

    private sealed class Level(string directory)
    {
        public ProcFile Max { get; } = new(Path.Combine(directory, "memory.max"));

        public ProcFile Current { get; } = new(Path.Combine(directory, "memory.current"));

        public ProcFile Stat { get; } = new(Path.Combine(directory, "memory.stat"));
    }
}
