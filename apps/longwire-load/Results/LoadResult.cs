using System.Text.Json.Nodes;

namespace Longwire.Load.Results;

/// <summary>One file of results: what ran, where, and what came of it. What was not measured is absent.</summary>
internal sealed record LoadResult
{
    /// <summary>The format that this version writes and reads.</summary>
    internal const string CurrentFormat = "longwire-load/1";

    public string Format { get; init; } = CurrentFormat;

    /// <summary>fanout, echo, ingest, idle, storm, soak or drain; a comparison's is the one that it ran.</summary>
    public required string Scenario { get; init; }

    public required string Title { get; init; }

    public required DateTime Started { get; init; }

    public required MachineDescription Machine { get; init; }

    /// <summary>The scenario's options: strings and numbers.</summary>
    public required JsonObject Parameters { get; init; }

    /// <summary>One per server.</summary>
    public required IReadOnlyList<RunResult> Runs { get; init; }

    public ComparisonResult? Comparison { get; init; }

    /// <summary>Nothing was lost, missing, out of order or corrupted, and no named limit was exceeded.</summary>
    public required bool Good { get; init; }
}

/// <summary>The machine that held both ends.</summary>
internal sealed record MachineDescription
{
    public required string Os { get; init; }

    public required string Cpu { get; init; }

    public required int Cores { get; init; }

    public required long MemoryBytes { get; init; }

    public required string Runtime { get; init; }

    public string? Commit { get; init; }
}

/// <summary>Paired ratios of servers to a baseline.</summary>
internal sealed record ComparisonResult
{
    public required string Baseline { get; init; }

    public required IReadOnlyList<ComparisonRow> Rows { get; init; }
}

/// <summary>One server's median ratio to the baseline in one metric, with its 95 % bootstrap interval.</summary>
internal sealed record ComparisonRow
{
    public required string Server { get; init; }

    public required string Metric { get; init; }

    public required double MedianRatio { get; init; }

    public required double Low { get; init; }

    public required double High { get; init; }

    public required int Pairs { get; init; }
}
