using Longwire.Load.Results;
using Longwire.Load.Workloads;

namespace Longwire.Load.Reporting;

/// <summary>Microseconds of the server's CPU per operation.</summary>
internal readonly record struct CpuCost(double Total, double User)
{
    internal double Kernel => Total - User;
}

/// <summary>What follows from a run's raw numbers; null where they were not measured.</summary>
internal static class Measures
{
    /// <summary>The system calls with which servers send.</summary>
    private static readonly string[] s_sends = ["send", "sendto", "sendmsg", "sendmmsg", "write", "writev"];

    extension(RunResult run)
    {
        internal double? Throughput => run is { Operations: > 0, Seconds: > 0 } ? run.Operations / run.Seconds : null;

        /// <summary>The exact total, split as the kernel's coarse ticks are.</summary>
        internal CpuCost? CpuPerOperation
        {
            get
            {
                if (run.Cpu is not { } cpu || run.Operations <= 0)
                    return null;
                double total = cpu.TotalSeconds * 1e6 / run.Operations;
                double ticks = cpu.UserSeconds + cpu.SystemSeconds;
                return new CpuCost(total, ticks > 0 ? total * cpu.UserSeconds / ticks : 0);
            }
        }

        internal double? SendsPerOperation => run.SystemCalls is { } calls && run.Operations > 0
            ? (double)s_sends.Sum(name => calls.GetValueOrDefault(name)) / run.Operations
            : null;

        internal IEnumerable<KeyValuePair<string, long>> Errors =>
            run.Counts.Where(static count => CountNames.Errors.Contains(count.Key) && count.Value != 0);
    }
}
