using System.Text;

namespace Longwire.Service.Sources.Proc;

/// <summary>Reads /proc/self/mountinfo and chooses the mounts that are file systems of this machine.</summary>
internal static class MountTable
{
    /// <summary>Types that are always full because they are images.</summary>
    private static readonly string[] s_images = ["squashfs", "erofs", "cramfs", "iso9660", "udf"];

    /// <summary>The mounts, in the order they were made; malformed lines are skipped.</summary>
    public static List<Mount> Parse(ReadOnlySpan<byte> mountinfo)
    {
        List<Mount> mounts = [];
        while (ProcText.TryTakeLine(ref mountinfo, out ReadOnlySpan<byte> line))
        {
            if (ParseLine(line) is { } mount)
                mounts.Add(mount);
        }
        return mounts;
    }

    /// <summary>One mount for each file system that is stored on this machine, ordered by path.</summary>
    /// <remarks>
    /// Stored here means: the root, whatever it is, or a device below /dev, or ZFS. Network and FUSE file systems are
    /// left out because asking one whose server is gone blocks for ever; memory and kernel ones because they are not
    /// disks. Of several mounts of one file system (bind mounts, subvolumes) the whole one, then the shortest path is
    /// taken.
    /// </remarks>
    public static List<Mount> ChooseFileSystems(IEnumerable<Mount> mounts, Func<string, bool> isDirectory)
    {
        // Of two mounts on one path the later covers the earlier.
        Dictionary<string, Mount> visible = new(StringComparer.Ordinal);
        foreach (Mount mount in mounts)
            visible[mount.Path] = mount;
        return [.. visible.Values
            .Where(mount => IsStoredHere(mount) && isDirectory(mount.Path))
            .GroupBy(mount => (mount.Major, mount.Minor))
            .Select(same => same
                .OrderBy(mount => mount.Path == "/" ? 0 : mount.Root == "/" ? 1 : 2)
                .ThenBy(mount => mount.Path.Length)
                .ThenBy(mount => mount.Path, StringComparer.Ordinal)
                .First())
            .OrderBy(mount => mount.Path, StringComparer.Ordinal)];
    }

    /// <summary>Resolves <c>\040</c> and the like: a backslash and three octal digits stand for one byte.</summary>
    public static string Unescape(ReadOnlySpan<byte> field)
    {
        if (!field.Contains((byte)'\\'))
            return Encoding.UTF8.GetString(field);
        byte[] bytes = new byte[field.Length];
        int length = 0;
        for (int i = 0; i < field.Length; i++)
        {
            if (field[i] == '\\' && i + 3 < field.Length && IsOctal(field[i + 1], '3') && IsOctal(field[i + 2], '7') &&
                IsOctal(field[i + 3], '7'))
            {
                bytes[length++] = (byte)((field[i + 1] - '0') * 64 + (field[i + 2] - '0') * 8 + (field[i + 3] - '0'));
                i += 3;
            }
            else
            {
                bytes[length++] = field[i];
            }
        }
        return Encoding.UTF8.GetString(bytes, 0, length);
    }

    private static bool IsOctal(byte digit, char highest) => digit >= '0' && digit <= highest;

    private static bool IsStoredHere(Mount mount) =>
        mount.Path == "/"
            ? mount.Type != "rootfs"
            : mount.Type == "zfs" ||
              (mount.Device.StartsWith("/dev/", StringComparison.Ordinal) && !s_images.Contains(mount.Type) &&
               !mount.Type.StartsWith("fuse", StringComparison.Ordinal));

    // 36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
    private static Mount? ParseLine(ReadOnlySpan<byte> line)
    {
        if (!ProcText.TryTakeNumber(ref line, out _) || !ProcText.TryTakeNumber(ref line, out _) ||
            !ProcText.TryTakeField(ref line, out ReadOnlySpan<byte> device))
            return null;
        int colon = device.IndexOf((byte)':');
        if (colon < 0 || !ProcText.TryParse(device[..colon], out ulong major) || major > int.MaxValue ||
            !ProcText.TryParse(device[(colon + 1)..], out ulong minor) || minor > int.MaxValue)
            return null;
        if (!ProcText.TryTakeField(ref line, out ReadOnlySpan<byte> root) ||
            !ProcText.TryTakeField(ref line, out ReadOnlySpan<byte> path) || path[0] != '/')
            return null;
        while (true)
        {
            // The options, and any number of optional fields up to the hyphen.
            if (!ProcText.TryTakeField(ref line, out ReadOnlySpan<byte> field))
                return null;
            if (field.SequenceEqual("-"u8))
                break;
        }
        return ProcText.TryTakeField(ref line, out ReadOnlySpan<byte> type) &&
            ProcText.TryTakeField(ref line, out ReadOnlySpan<byte> source)
                ? new Mount(
                    (int)major, (int)minor, Unescape(root), Unescape(path), Unescape(type), Unescape(source))
                : null;
    }
}
