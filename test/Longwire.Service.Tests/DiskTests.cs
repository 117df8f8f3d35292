using Longwire.Service.Sources.Proc;

namespace Longwire.Service.Tests;

public sealed class DiskTests
{
    [Fact]
    public void Recorded_mounts_are_read()
    {
        List<Mount> mounts = MountTable.Parse("""
            22 27 0:21 / /proc rw,relatime - proc proc rw
            27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard
            36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 shared:7 - ext3 /dev/root rw,errors=continue
            40 27 8:17 / /media/my\040disk\134x\011 rw - vfat /dev/sdb1 rw
            """u8);
        Assert.Equal(
            [
                new Mount(0, 21, "/", "/proc", "proc", "proc"),
                new Mount(254, 0, "/", "/", "ext4", "/dev/vda"),
                new Mount(98, 0, "/mnt1", "/mnt2", "ext3", "/dev/root"),
                new Mount(8, 17, "/", "/media/my disk\\x\t", "vfat", "/dev/sdb1"),
            ],
            mounts);
    }

    [Fact]
    public void Malformed_mounts_are_skipped() => Assert.Empty(MountTable.Parse("""

        27
        27 1 254 / / rw - ext4 /dev/vda rw
        27 1 254:x / / rw - ext4 /dev/vda rw
        27 1 9999999999:0 / / rw - ext4 /dev/vda rw
        27 1 254:0 / relative rw - ext4 /dev/vda rw
        27 1 254:0 / / rw ext4 /dev/vda rw
        27 1 254:0 / / rw - ext4
        """u8));

    [Theory]
    [InlineData("a\\040b", "a b")]
    [InlineData("a\\04", "a\\04")]
    [InlineData("a\\09x", "a\\09x")]
    [InlineData("\\303\\251", "\u00e9")]
    [InlineData("\\400", "\\400")]
    public void Octal_escapes_are_resolved(string field, string text) =>
        Assert.Equal(text, MountTable.Unescape(System.Text.Encoding.UTF8.GetBytes(field)));

    [Fact]
    public void Only_file_systems_stored_here_are_chosen()
    {
        Mount[] mounts =
        [
            new(0, 1, "/", "/", "rootfs", "rootfs"),
            new(0, 40, "/", "/", "overlay", "overlay"),
            new(0, 21, "/", "/proc", "proc", "proc"),
            new(0, 25, "/", "/dev/shm", "tmpfs", "tmpfs"),
            new(0, 50, "/", "/srv/nfs", "nfs4", "server:/export"),
            new(0, 51, "/", "/srv/ssh", "fuse.sshfs", "/dev/fuse"),
            new(7, 1, "/", "/snap/core/1", "squashfs", "/dev/loop1"),
            new(0, 60, "/", "/tank", "zfs", "tank"),
            new(8, 1, "/lib/hosts", "/etc/hosts", "ext4", "/dev/sda1"),
            new(8, 2, "/", "/data", "xfs", "/dev/sdb1"),
            new(8, 3, "/", "/data", "xfs", "/dev/sdc1"),
        ];
        Assert.Equal(
            ["/ overlay", "/data /dev/sdc1", "/tank tank"],
            MountTable.ChooseFileSystems(mounts, path => path != "/etc/hosts").Select(m => $"{m.Path} {m.Device}"));
    }

    [Fact]
    public void A_file_system_mounted_several_times_is_one()
    {
        Mount[] mounts =
        [
            new(8, 1, "/part", "/b", "ext4", "/dev/sda1"),
            new(8, 1, "/", "/long/path", "ext4", "/dev/sda1"),
            new(8, 1, "/", "/whole", "ext4", "/dev/sda1"),
            new(0, 30, "/@home", "/home", "btrfs", "/dev/sdb"),
            new(0, 30, "/@", "/", "btrfs", "/dev/sdb"),
        ];
        Assert.Equal(["/", "/whole"], MountTable.ChooseFileSystems(mounts, _ => true).Select(m => m.Path));
    }

    [Fact]
    public void Recorded_diskstats_are_read()
    {
        var mount = new Mount(254, 0, "/", "/", "ext4", "/dev/vda");
        Assert.True(DiskCounters.TryFind("""
               7       0 loop0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
             254       0 vda 29999 7043 3052594 16107 2812 9289 1068392 1983 0 10208 18318 3269 69 91312 219 155 7 99
            """u8, mount, "vda"u8, out DiskCounters counters));
        Assert.Equal(new DiskCounters(3052594UL * 512, 1068392UL * 512), counters);
    }

    [Fact]
    public void The_number_is_preferred_to_the_name()
    {
        ReadOnlySpan<byte> diskstats = "8 0 sda 1 1 1 1 1 1 1\n8 1 sdb 1 1 2 1 1 1 2\n"u8;
        var sdb = new Mount(8, 1, "/", "/", "x", "x");
        Assert.True(DiskCounters.TryFind(diskstats, sdb, "sda"u8, out DiskCounters counters));
        Assert.Equal(new DiskCounters(1024, 1024), counters);
        Assert.True(DiskCounters.TryFind(diskstats, new(0, 9, "/", "/", "x", "x"), "sda"u8, out counters));
        Assert.Equal(new DiskCounters(512, 512), counters);
        Assert.False(DiskCounters.TryFind(diskstats, new(0, 9, "/", "/", "x", "x"), "sd"u8, out _));
        Assert.False(DiskCounters.TryFind(diskstats, new(0, 9, "/", "/", "x", "x"), ""u8, out _));
    }

    [Fact]
    public void Short_and_malformed_diskstats_are_skipped() => Assert.False(DiskCounters.TryFind(
        "8 1 sda1 1 2 3 4\n8 1\n\n8 1 sda1 1 1 x 1 1 1 1"u8, new(8, 1, "/", "/", "x", "x"), "sda1"u8, out _));
}
