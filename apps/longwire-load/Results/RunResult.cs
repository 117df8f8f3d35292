namespace Longwire.Load.Results;

/// <summary>What one server did in a run.</summary>
internal sealed record RunResult
{
    public required string Server { get; init; }

    public required string Protocol { get; init; }

    /// <summary>How the server was started, where the tool started it.</summary>
    public string? CommandLine { get; init; }

    /// <summary>Deliveries, answers, messages taken or accepts, as the scenario counts.</summary>
    public required long Operations { get; init; }

    /// <summary>The measured time.</summary>
    public required double Seconds { get; init; }

    /// <summary>What else was counted, errors first: missing, outOfOrder, corrupted, lostConnections.</summary>
    public required IReadOnlyDictionary<string, long> Counts { get; init; }

    public CpuTime? Cpu { get; init; }

    /// <summary>
    /// Processor time of the busiest process of clients, which is one loop: near <see cref="Seconds"/>, rates and
    /// latencies are those of the clients and not of the server.
    /// </summary>
    public double? ClientCpuSeconds { get; init; }

    public MemoryUse? Memory { get; init; }

    public LatencySummary? LatencyMicroseconds { get; init; }

    /// <summary>System calls of the server by name.</summary>
    public IReadOnlyDictionary<string, long>? SystemCalls { get; init; }

    /// <summary>Over time.</summary>
    public IReadOnlyList<SeriesPoint>? Series { get; init; }

    /// <summary>By number of connections.</summary>
    public IReadOnlyList<StepPoint>? Points { get; init; }
}

/// <summary>Processor time of the server's process in the measured time.</summary>
internal sealed record CpuTime
{
    /// <summary>By the kernel's ticks, as <see cref="SystemSeconds"/>: good for runs of 20 s and more.</summary>
    public required double UserSeconds { get; init; }

    public required double SystemSeconds { get; init; }

    /// <summary>By the process's clock, in nanoseconds.</summary>
    public required double TotalSeconds { get; init; }
}

/// <summary>Memory of the server's process, and what the kernel holds beside it.</summary>
internal sealed record MemoryUse
{
    public required long ResidentStartBytes { get; init; }

    public required long ResidentEndBytes { get; init; }

    public double? MarginalBytesPerConnection { get; init; }

    public double? AverageBytesPerConnection { get; init; }

    /// <summary>Of both ends of a connection, since both are on this machine.</summary>
    public double? KernelBytesPerConnection { get; init; }
}

/// <summary>Percentiles in microseconds.</summary>
internal sealed record LatencySummary
{
    public required long Count { get; init; }

    public required double P50 { get; init; }

    public required double P90 { get; init; }

    public required double P99 { get; init; }

    public required double P999 { get; init; }

    public required double Max { get; init; }

    /// <summary>Pairs of percentile and value, ascending.</summary>
    public required IReadOnlyList<double[]> Curve { get; init; }
}

/// <summary>One window of a run over time.</summary>
internal sealed record SeriesPoint
{
    /// <summary>When the window ended, from the start of the run.</summary>
    public required double Seconds { get; init; }

    /// <summary>In the window.</summary>
    public required long Operations { get; init; }

    /// <summary>
    /// The window's own length, where others' windows lie between; else it began where the last ended.
    /// </summary>
    public double? Length { get; init; }

    /// <summary>The server's processor time in the window.</summary>
    public double? CpuSeconds { get; init; }

    public long? ResidentBytes { get; init; }

    public int? Descriptors { get; init; }

    public double? P99 { get; init; }
}

/// <summary>What was measured with so many connections.</summary>
internal sealed record StepPoint
{
    public required int Connections { get; init; }

    public long? Operations { get; init; }

    public double? P50 { get; init; }

    public double? P99 { get; init; }

    public long? ResidentBytes { get; init; }

    public double? CpuMicrosecondsPerOperation { get; init; }
}
