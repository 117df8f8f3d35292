using System.Text.Json;
using Longwire.Service.Sources;
using Microsoft.Extensions.Time.Testing;

namespace Longwire.Service.Tests;

/// <summary>The sources together, on files recorded from a machine, and on this machine.</summary>
public sealed class RecordedHostTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("longwire-proc-").FullName;
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 23, 1, 2, 3, 123, TimeSpan.Zero));
    private readonly RecordingSink _sink = new();
    private readonly RecordingLogger _logger = new();

    public RecordedHostTests()
    {
        Record("proc/stat", "cpu 100 0 100 1000 10 0 0 20 0 0\ncpu0 1 1 1 1\ncpu1 1 1 1 1\n");
        Record("proc/meminfo", "MemTotal: 1000 kB\nMemAvailable: 750 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n");
        Record("proc/self/cgroup", "0::/a/b\n");
        Record("proc/self/mountinfo", """
            27 1 254:0 / / rw - ext4 /dev/vda rw
            41 31 0:38 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw

            """);
        Record("proc/diskstats", "254 0 vda 1 1 1000 1 1 1 2000 1 0\n");
        Record("proc/net/dev", "eth0:1000 5 0 0 0 0 0 0 2000 6 0 0 0 0 0 0\n");
        Record("proc/loadavg", "0.10 0.20 0.30 1/84 4283\n");
        Record("proc/uptime", "2421.96 4704.97\n");
    }

    public void Dispose()
    {
        _sink.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public async Task The_second_reading_has_the_rates()
    {
        StatusPublisher publisher = Publisher();
        await RoundAsync(publisher);
        Assert.Contains(
            "\"absent\":[\"busy_percent\"", Assert.Single(_sink.Take("host/cpu")), StringComparison.Ordinal);
        Record("proc/stat", "cpu 130 0 110 1140 20 0 0 30 0 0\ncpu0 1 1 1 1\ncpu1 1 1 1 1\n");
        Record("proc/diskstats", "254 0 vda 1 1 1010 1 1 1 2030 1 0\n");
        Record("proc/net/dev", "eth0:1500 7 1 2 0 0 0 0 2700 9 3 4 0 0 0 0\n");
        _sink.Take("host/disk/root");
        _sink.Take("host/net/eth0");
        await RoundAsync(publisher);
        Assert.Equal(
            Joined("""
                {"time":"2026-11-23T01:02:04.123Z","busy_percent":25,"user_percent":15,"system_percent":5,
                "iowait_percent":5,"steal_percent":5,"cores":2}
                """),
            Assert.Single(_sink.Take("host/cpu")));
        Assert.Equal(
            Joined("""
                {"time":"2026-11-23T01:02:04.123Z","rx_bytes_per_second":500,"tx_bytes_per_second":700,"rx_packets":7,
                "tx_packets":9,"rx_errors":1,"tx_errors":3,"rx_drops":2,"tx_drops":4}
                """),
            Assert.Single(_sink.Take("host/net/eth0")));
        string disk = Assert.Single(_sink.Take("host/disk/root"));
        Assert.Contains(
            "Z\",\"mount\":\"/\",\"filesystem\":\"ext4\",\"total_bytes\":", disk, StringComparison.Ordinal);
        Assert.EndsWith(""","read_bytes_per_second":5120,"write_bytes_per_second":15360}""", disk);
        Assert.Equal(
            Joined("""
                {"time":"2026-11-23T01:02:03.123Z","uptime_seconds":2421,"load_1min":0.1,"load_5min":0.2,
                "load_15min":0.3,"running_threads":1,"threads":84}
                """),
            Assert.Single(_sink.Take("host/load")));
        Assert.Empty(_logger.Lines);
    }

    [Fact]
    public async Task Memory_without_a_limit_is_the_machine_s()
    {
        Record("sys/fs/cgroup/memory.max", "max\n");
        await RoundAsync(Publisher());
        Assert.EndsWith(
            Joined("""
                Z","total_bytes":1024000,"available_bytes":768000,"used_bytes":256000,"used_percent":25,
                "swap_total_bytes":0,"swap_free_bytes":0,"swap_used_bytes":0}
                """),
            Assert.Single(_sink.Take("host/memory")));
    }

    [Fact]
    public async Task The_lowest_limit_of_all_cgroups_counts()
    {
        Record("sys/fs/cgroup/a/b/memory.max", "900000\n");
        Record("sys/fs/cgroup/a/b/memory.current", "1\n");
        Record("sys/fs/cgroup/a/memory.max", "400000\n");
        Record("sys/fs/cgroup/a/memory.current", "150000\n");
        Record("sys/fs/cgroup/a/memory.stat", "anon 1\ninactive_file 50000\n");
        await RoundAsync(Publisher());
        string memory = Assert.Single(_sink.Take("host/memory"));
        Assert.Contains(
            """
            "total_bytes":400000,"available_bytes":300000,"used_bytes":100000,"used_percent":25,
            """,
            memory, StringComparison.Ordinal);
        Assert.EndsWith("\"limit_bytes\":400000}", memory);
    }

    [Fact]
    public async Task A_limit_above_the_machine_s_memory_is_not_mentioned()
    {
        Record("sys/fs/cgroup/a/memory.max", "99999999999\n");
        await RoundAsync(Publisher());
        Assert.DoesNotContain("limit_bytes", Assert.Single(_sink.Take("host/memory")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("proc/stat", "cpu")]
    [InlineData("proc/meminfo", "memory")]
    [InlineData("proc/self/mountinfo", "disk")]
    [InlineData("proc/net/dev", "net")]
    [InlineData("proc/loadavg", "load")]
    public async Task A_missing_file_fails_its_source_only(string file, string source)
    {
        StatusPublisher publisher = Publisher();
        File.Delete(Path.Combine(_root, file));
        await RoundAsync(publisher);
        string[] all = ["cpu", "memory", "disk", "net", "load"];
        Assert.All(all, name => Assert.Contains(
            name == source ? "\"failed\"" : "\"ok\"",
            Assert.Single(_sink.Take($"longwire/source/{name}")), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("proc/stat", "cpu")]
    [InlineData("proc/meminfo", "memory")]
    [InlineData("proc/loadavg", "load")]
    public async Task A_malformed_file_fails_its_source(string file, string source)
    {
        Record(file, "rubbish");
        await RoundAsync(Publisher());
        Assert.Contains(
            "InvalidDataException", Assert.Single(_sink.Take($"longwire/source/{source}")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Traffic_is_absent_when_the_device_is_not_counted()
    {
        File.Delete(Path.Combine(_root, "proc/diskstats"));
        File.Delete(Path.Combine(_root, "proc/uptime"));
        StatusPublisher publisher = Publisher();
        await RoundAsync(publisher);
        Assert.EndsWith(
            "\"absent\":[\"read_bytes_per_second\",\"write_bytes_per_second\"]}",
            Assert.Single(_sink.Take("host/disk/root")));
        Assert.EndsWith("\"absent\":[\"uptime_seconds\"]}", Assert.Single(_sink.Take("host/load")));
    }

    [Fact]
    public async Task An_interface_that_was_removed_is_retired_and_its_counters_forgotten()
    {
        StatusPublisher publisher = Publisher();
        await RoundAsync(publisher);
        Record("proc/net/dev", "lo:1 1 0 0 0 0 0 0 2000 6 0 0 0 0 0 0\n");
        await RoundAsync(publisher);
        Assert.Single(_sink.Take("retired:host/net/eth0"));
        _sink.Take("host/net/eth0");
        Record("proc/net/dev", "eth0:9000 5 0 0 0 0 0 0 9000 6 0 0 0 0 0 0\n");
        await RoundAsync(publisher);
        Assert.Contains("\"absent\"", Assert.Single(_sink.Take("host/net/eth0")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_longer_than_the_buffer_is_read_whole_and_an_endless_one_is_refused()
    {
        Record("proc/net/dev", string.Concat(
            Enumerable.Range(0, 500).Select(i => $"veth{i}:1000 5 0 0 0 0 0 0 2000 6 0 0 0 0 0 0\n")));
        StatusPublisher publisher = Publisher();
        await RoundAsync(publisher);
        Assert.Single(_sink.Take("host/net/veth499"));
        Record("proc/net/dev", new string(' ', 1 << 20));
        await RoundAsync(publisher);
        Assert.Contains(
            _sink.Take("longwire/source/net"), json => json.Contains("larger than", StringComparison.Ordinal));
    }

    [Fact]
    public async Task This_machine_is_read()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Needs /proc.");
        await CheckMachineAsync(HostSources.Create(), "busy_percent");
    }

    [Fact]
    public Task The_runtime_is_asked_where_there_is_no_proc() =>
        CheckMachineAsync(HostSources.FromRuntime(), "cores");

    private async Task CheckMachineAsync(IReadOnlyList<IStatusSource> sources, string cpuField)
    {
        StatusPublisher publisher = Publisher(sources);
        await RoundAsync(publisher);
        // The processor's counters have a resolution of 10 ms: give them time to count, by working.
        long until = TimeProvider.System.GetTimestamp() + TimeProvider.System.TimestampFrequency / 20;
        while (TimeProvider.System.GetTimestamp() < until)
            Thread.SpinWait(1000);
        await RoundAsync(publisher);
        Assert.Empty(_logger.Lines);
        foreach (string topic in new[] { "host/cpu", "host/memory", "host/load" })
        {
            string json = _sink.Take(topic)[^1];
            using JsonDocument document = JsonDocument.Parse(json);
            Assert.Equal("time", document.RootElement.EnumerateObject().First().Name);
            if (topic == "host/cpu")
                Assert.InRange(document.RootElement.GetProperty(cpuField).GetDouble(), 0, 10_000);
        }
        Assert.Contains("\"ok\"", _sink.Take("longwire/source/disk")[^1], StringComparison.Ordinal);
        Assert.Contains("\"ok\"", _sink.Take("longwire/source/net")[^1], StringComparison.Ordinal);
    }

    private static string Joined(string lines) => lines.Replace("\n", "", StringComparison.Ordinal);

    private StatusPublisher Publisher() => Publisher(HostSources.FromProc(_root));

    private StatusPublisher Publisher(IReadOnlyList<IStatusSource> sources) => new(
        [.. sources.Select(source => ScheduledSource.Local(source, new SourceSchedule()))], _sink, _time, new Random(1),
        _logger);

    private async Task RoundAsync(StatusPublisher publisher)
    {
        await publisher.ReadAllAsync();
        _time.Advance(TimeSpan.FromSeconds(1));
    }

    private void Record(string file, string text)
    {
        string path = Path.Combine(_root, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
