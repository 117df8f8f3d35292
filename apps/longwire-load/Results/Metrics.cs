namespace Longwire.Load.Results;

/// <summary>The names of what is compared.</summary>
internal static class Metrics
{
    internal const string Cpu = "cpu per operation";
    internal const string Throughput = "operations per second";
    internal const string Latency = "p99 latency";
    internal const string MarginalMemory = "marginal memory";
    internal const string AverageMemory = "average memory";
}
