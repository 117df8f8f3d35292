using System.CommandLine;
using System.Globalization;
using Longwire.Hosting;
using Longwire.Service.Hosting;

namespace Longwire.Service.Cli;

/// <summary>How a check came out.</summary>
internal enum Finding
{
    Good,
    Warning,
    Problem,
    Unknown,
}

/// <summary>One thing that limits how many clients there can be.</summary>
/// <param name="Finding">How it came out.</param>
/// <param name="Name">What was looked at.</param>
/// <param name="Found">What it is.</param>
/// <param name="Cure">What to do; empty when nothing is.</param>
internal readonly record struct Check(Finding Finding, string Name, string Found, string Cure = "");

/// <summary>
/// The command line: <c>longwire doctor</c>. Compares the settings with the system's limits, and names the cures; the
/// explanations are in <c>docs/service/operating.md</c>.
/// </summary>
internal static class DoctorCommand
{
    private const int OwnDescriptors = 150; // assemblies, listeners, pollers, files; measured, see operating.md
    private const int FewConnections = 1000; // a limit below is rather forgotten than chosen
    private const long KernelBytes = 4096; // that a connection with nothing in flight takes in the kernel

    public static Command Create(ServeOptions options, CommandContext context)
    {
        var root = new Option<string>("--root")
        {
            HelpName = "DIR",
            Description = "Reads the system's limits below this folder, as of another machine [default: /]",
            DefaultValueFactory = static _ => "/",
        };
        var doctor = new Command("doctor", "Compares the settings with the limits of this system, and names the cures")
        {
            root,
        };
        doctor.SetAction((arguments, _) => RunAsync(options, arguments, arguments.GetValue(root)!, context));
        return doctor;
    }

    /// <summary>All checks of settings on a system.</summary>
    public static IEnumerable<Check> Examine(LongwireSettings settings, SystemFacts system, long memoryBytes)
    {
        long connections = settings.Limits.MaxConnections;
        yield return AtLeast(
            "open descriptors", system.Descriptors, connections + OwnDescriptors,
            system.Descriptors < Math.Min(connections, FewConnections) + OwnDescriptors
                ? Finding.Problem
                : Finding.Warning,
            $"{connections} connections (limits:maxConnections) need {connections + OwnDescriptors}: raise the limit "
                + "with LimitNOFILE= in the unit, or ulimit -n; or lower the key");
        int backlog = settings.Endpoints.Select(static endpoint => endpoint.Options.Listen.Backlog)
            .DefaultIfEmpty(EndpointOptions.Default.Listen.Backlog).Max();
        yield return AtLeast(
            "connections that wait for accept", system.AcceptQueue, backlog, Finding.Warning,
            $"the kernel cuts socket:backlog, {backlog}: sysctl -w net.core.somaxconn={backlog}");
        yield return AtLeast(
            "TCP memory of the machine, bytes", system.TcpBytes, connections * KernelBytes, Finding.Warning,
            $"{connections} connections take about {connections * KernelBytes}: raise the third number of "
                + "net.ipv4.tcp_mem, in pages of 4 KiB");
        if (system.TrackedConnections is not null)
        {
            yield return AtLeast(
                "connections that the firewall follows", system.TrackedConnections, connections, Finding.Warning,
                $"sysctl -w net.netfilter.nf_conntrack_max={2 * connections}, or leave the service's ports out");
        }
        yield return AtLeast(
            "ports for outgoing connections", system.OutgoingPorts, 20_000, Finding.Warning,
            "clients on this machine share them, the service needs none: "
                + "sysctl -w net.ipv4.ip_local_port_range=\"1024 65535\"");
        long planned = settings.Memory.CeilingBytes;
        yield return AtLeast(
            "memory of the machine or the container, bytes", memoryBytes, 2 * planned, Finding.Warning,
            $"memory:ceilingBytes is {planned}, more than half of it: lower the key, or give the container more");
        yield return OperatingSystem.IsWindows()
            ? new Check(Finding.Unknown, "edition of Windows", Environment.OSVersion.VersionString,
                "client editions are licensed for few clients: run many on Windows Server")
            : new Check(Finding.Good, "system", Environment.OSVersion.VersionString);
    }

    private static Check AtLeast(string name, long? found, long needed, Finding otherwise, string cure) => found switch
    {
        null => new Check(Finding.Unknown, name, "not told by this system"),
        long.MaxValue => new Check(Finding.Good, name, "unlimited"),
        { } value when value >= needed => new Check(Finding.Good, name, Number(value)),
        { } value => new Check(otherwise, name, Number(value), cure),
    };

    private static Task<int> RunAsync(
        ServeOptions options, ParseResult arguments, string root, CommandContext context) =>
        ServeCommand.WithHostAsync(options, arguments, context, ServiceLog.None, async (_, host) =>
        {
            Check[] checks =
            [
                .. Examine(host.Settings, new SystemFacts(root), GC.GetGCMemoryInfo().TotalAvailableMemoryBytes),
            ];
            foreach (Check check in checks)
            {
                await context.Output.WriteLineAsync($"{Word(check.Finding),-8} {check.Name}: {check.Found}");
                if (check.Cure.Length > 0)
                    await context.Output.WriteLineAsync($"{"",-8} {check.Cure}");
            }
            return checks.Any(static check => check.Finding == Finding.Problem) ? ExitCodes.Failure : ExitCodes.Success;
        });

    private static string Word(Finding finding) => finding switch
    {
        Finding.Good => "good",
        Finding.Warning => "warning",
        Finding.Problem => "PROBLEM",
        _ => "unknown",
    };

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
