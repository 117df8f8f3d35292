using Longwire.Hosting;
using Longwire.Service.Cli;
using Longwire.Service.Hosting;

namespace Longwire.Service.Tests.Cli;

/// <summary><c>longwire doctor</c> on systems that are large, small and silent.</summary>
public sealed class DoctorTests : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("longwire-doctor-");

    public void Dispose() => _root.Delete(recursive: true);

    [Fact]
    public void A_large_system_is_good_for_its_settings()
    {
        WriteSystem(descriptors: "200000", acceptQueue: "4096", tcpPages: "100000 200000 400000", ports: "32768 60999");
        Check[] checks = Examine(10_000, memory: 8L << 30);
        Assert.All(checks, static check => Assert.Equal((Finding.Good, ""), (check.Finding, check.Cure)));
        Assert.Contains(checks, static check => check is { Name: "open descriptors", Found: "200000" });
        Assert.Contains(checks, static check => check is { Name: "ports for outgoing connections", Found: "28232" });
    }

    [Fact]
    public void Each_limit_that_is_too_small_is_named_with_its_cure()
    {
        WriteSystem(descriptors: "1024", acceptQueue: "128", tcpPages: "10 20 30", ports: "50000 50999");
        Write("proc/sys/net/netfilter/nf_conntrack_max", "500");
        Check[] checks = Examine(10_000, memory: 256 << 20);
        Assert.Equal(
            [
                "Problem open descriptors: 10000 connections (limits:maxConnections) need 10150: raise the limit "
                    + "with LimitNOFILE= in the unit, or ulimit -n; or lower the key",
                "Warning connections that wait for accept: the kernel cuts socket:backlog, 4096: "
                    + "sysctl -w net.core.somaxconn=4096",
                "Warning TCP memory of the machine, bytes: 10000 connections take about 40960000: raise the third "
                    + "number of net.ipv4.tcp_mem, in pages of 4 KiB",
                "Warning connections that the firewall follows: sysctl -w net.netfilter.nf_conntrack_max=20000, or "
                    + "leave the service's ports out",
                "Warning ports for outgoing connections: clients on this machine share them, the service needs none: "
                    + "sysctl -w net.ipv4.ip_local_port_range=\"1024 65535\"",
                "Warning memory of the machine or the container, bytes: memory:ceilingBytes is 268435456, more than "
                    + "half of it: lower the key, or give the container more",
            ],
            checks.Where(static check => check.Finding != Finding.Good)
                .Select(static check => $"{check.Finding} {check.Name}: {check.Cure}"));
    }

    [Fact]
    public void What_a_system_does_not_tell_is_unknown()
    {
        Check[] checks = Examine(10_000, memory: 8L << 30);
        Assert.Equal(4, checks.Count(static check => check is { Finding: Finding.Unknown, Cure: "" }));
        WriteSystem(descriptors: "unlimited", acceptQueue: "many", tcpPages: "1", ports: "1");
        checks = Examine(10_000, memory: 8L << 30);
        Assert.Contains(checks, static check => check is { Name: "open descriptors", Found: "unlimited" });
        Assert.Equal(3, checks.Count(static check => check.Finding == Finding.Unknown));
    }

    [Fact]
    public async Task The_command_prints_them_and_fails_for_a_problem()
    {
        WriteSystem(descriptors: "200", acceptQueue: "4096", tcpPages: "100000 200000 400000", ports: "32768 60999");
        (int code, string output) = await RunAsync("doctor", "--root", _root.FullName);
        Assert.Equal(ExitCodes.Failure, code);
        Assert.StartsWith("PROBLEM  open descriptors: 200\n         ", output, StringComparison.Ordinal);
        Assert.Contains("\ngood     connections that wait for accept: 4096\n", output, StringComparison.Ordinal);
        WriteSystem("2000000", acceptQueue: "4096", tcpPages: "100000 200000 400000", ports: "32768 60999");
        (code, output) = await RunAsync("doctor", "--root", _root.FullName);
        Assert.Equal(ExitCodes.Success, code);
        Assert.StartsWith("good     open descriptors: 2000000\n", output, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Failure, (await RunAsync("doctor", "--config", "/nowhere/longwire.json")).Code);
    }

    private static async Task<(int Code, string Output)> RunAsync(params string[] args)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter();
        int code = await LongwireCommand.RunAsync(args, output, error, new Dictionary<string, string>());
        return (code, output.ToString());
    }

    private Check[] Examine(int connections, long memory) =>
    [
        .. DoctorCommand.Examine(
            new LongwireSettings
            {
                Limits = ServerLimits.Default with { MaxConnections = connections },
                Memory = new() { CeilingBytes = 256 << 20 },
            },
            new SystemFacts(_root.FullName), memory),
    ];

    private void WriteSystem(string descriptors, string acceptQueue, string tcpPages, string ports)
    {
        Write("proc/self/limits",
            $"Limit Soft Limit Hard Limit Units\nMax cpu time unlimited unlimited seconds\n"
            + $"Max open files            1024                 {descriptors}               files\n");
        Write("proc/sys/net/core/somaxconn", acceptQueue);
        Write("proc/sys/net/ipv4/tcp_mem", tcpPages);
        Write("proc/sys/net/ipv4/ip_local_port_range", ports);
    }

    private void Write(string path, string text)
    {
        string file = Path.Combine(_root.FullName, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }
}
