using System.Text;
using Longwire.Service.Sources.Proc;

namespace Longwire.Service.Sources.Linux;

/// <summary><c>host/disk/&lt;mount&gt;</c>: space by statfs, traffic from /proc/diskstats.</summary>
/// <remarks>
/// Bound: the file systems that <see cref="MountTable.ChooseFileSystems"/> chooses, read again on a change.
/// </remarks>
internal sealed class ProcDiskSource(string root) : IStatusSource
{
    private readonly ProcFile _mountinfo = new(Path.Combine(root, "proc/self/mountinfo"));
    private readonly ProcFile _diskstats = new(Path.Combine(root, "proc/diskstats"));
    private byte[] _table = [];
    private MountedDisk[] _disks = [];

    public string Name => "disk";

    public void Read(StatusReport report)
    {
        ReadOnlySpan<byte> table = _mountinfo.Read();
        if (!table.SequenceEqual(_table))
        {
            _disks = Choose(table, _disks);
            _table = table.ToArray();
        }
        bool counted = _diskstats.TryRead(out ReadOnlySpan<byte> diskstats);
        foreach (MountedDisk disk in _disks)
        {
            long? readRate = null;
            long? writeRate = null;
            if (counted && DiskCounters.TryFind(diskstats, disk.Mount, disk.DeviceName, out DiskCounters counters))
            {
                readRate = disk.Reads.Next(counters.ReadBytes, report.Elapsed);
                writeRate = disk.Writes.Next(counters.WrittenBytes, report.Elapsed);
            }
            else
            {
                disk.Reads.Forget();
                disk.Writes.Forget();
            }
            report.Begin(disk.Topic);
            report.WriteText("mount", disk.Mount.Path);
            report.WriteText("filesystem", disk.Mount.Type);
            Space.Read(disk.Mount.Path).Write(report);
            report.Write("read_bytes_per_second", readRate);
            report.Write("write_bytes_per_second", writeRate);
            report.End();
        }
    }

    private static MountedDisk[] Choose(ReadOnlySpan<byte> table, MountedDisk[] known) =>
    [
        .. MountTable.ChooseFileSystems(MountTable.Parse(table), Directory.Exists)
            .Select(mount => known.FirstOrDefault(disk => disk.Mount == mount) ?? new MountedDisk(mount)),
    ];

    private sealed class MountedDisk(Mount mount)
    {
        public CounterRate Reads; // fields, because they are structs that change
        public CounterRate Writes;

        public Mount Mount { get; } = mount;

        public string Topic { get; } = $"host/disk/{TopicLevel.FromPath(mount.Path)}";

        public byte[] DeviceName { get; } = Encoding.UTF8.GetBytes(NameOf(mount.Device));

        /// <summary>
        /// <c>/dev/mapper/vg-home</c> is a link to <c>/dev/dm-3</c>, and diskstats says <c>dm-3</c>.
        /// </summary>
        private static string NameOf(string device)
        {
            if (!device.StartsWith("/dev/", StringComparison.Ordinal))
                return "";
            try
            {
                return Path.GetFileName(File.ResolveLinkTarget(device, returnFinalTarget: true)?.FullName ?? device);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                return Path.GetFileName(device); // In a container the device itself is often not there.
            }
        }
    }
}
