using System.Text;
using Longwire.Service.Sources.Proc;

namespace Longwire.Service.Tests;

public sealed class MemoryTests
{
    [Fact]
    public void Recorded_meminfo_is_read()
    {
        Assert.True(MemoryAmounts.TryParse("""
            MemTotal:       24684084 kB
            MemFree:        24427904 kB
            MemAvailable:   24388844 kB
            SwapCached:            0 kB
            SwapTotal:          2048 kB
            SwapFree:           1024 kB
            Zswap:                 0 kB
            """u8, out MemoryAmounts amounts));
        Assert.Equal(
            new MemoryAmounts(24684084L * 1024, 24388844L * 1024, 2048 * 1024, 1024 * 1024), amounts);
    }

    [Fact]
    public void Missing_and_malformed_amounts_are_not_known()
    {
        Assert.True(MemoryAmounts.TryParse("MemTotal: 10 kB\nSwapTotal: many kB\nSwapFree: 18446744073709551615 kB"u8,
            out MemoryAmounts amounts));
        Assert.Equal(new MemoryAmounts(10240, null, null, null), amounts);
    }

    [Theory]
    [InlineData("")]
    [InlineData("MemTotal:")]
    [InlineData("MemTotal: 0 kB")]
    [InlineData("XMemTotal: 10 kB")]
    public void Meminfo_without_a_total_is_refused(string text) =>
        Assert.False(MemoryAmounts.TryParse(Encoding.UTF8.GetBytes(text), out _));

    [Theory]
    [InlineData("max\n", null)]
    [InlineData("1073741824\n", 1073741824L)]
    [InlineData("", null)]
    [InlineData("-1", null)]
    [InlineData("9223372036854775808", null)]
    public void A_limit_is_a_number_or_max(string text, long? limit) =>
        Assert.Equal(limit, CgroupLimit.ParseLimit(Encoding.UTF8.GetBytes(text)));

    [Theory]
    [InlineData("9:name=systemd:/a\n0::/system.slice/x.service\n", "/system.slice/x.service")]
    [InlineData("4:memory:/a\n", null)]
    [InlineData("", null)]
    public void The_path_of_version_2_is_found(string text, string? path) =>
        Assert.Equal(path, CgroupLimit.FindPath(Encoding.UTF8.GetBytes(text)));

    [Theory]
    [InlineData("/", "/", "/sys/fs/cgroup")]
    [InlineData("/", "/a/b", "/sys/fs/cgroup/a/b /sys/fs/cgroup/a /sys/fs/cgroup")]
    [InlineData("/docker/1", "/docker/1", "/sys/fs/cgroup")]
    [InlineData("/docker/1", "/docker/1/x", "/sys/fs/cgroup/x /sys/fs/cgroup")]
    [InlineData("/", "/../..", "/sys/fs/cgroup")]
    public void All_levels_up_to_the_mount_count(string mountRoot, string path, string directories)
    {
        var mount = new Mount(0, 30, mountRoot, "/sys/fs/cgroup", "cgroup2", "cgroup2");
        Assert.Equal(directories, string.Join(' ', CgroupLimit.Directories(mount, path)));
    }
}
