using System.Text.Json.Serialization;
using Longwire.Load.Workloads;

namespace Longwire.Load.Crews;

/// <summary>What a worker is told, one line of JSON each; its first line is its <see cref="LoadPlan"/>.</summary>
internal sealed record WorkerRequest
{
    public required WorkerStep Do { get; init; }

    /// <summary>Connections in all processes, to <see cref="WorkerStep.Connect"/>.</summary>
    public int Total { get; init; }

    /// <summary>Each publisher's last number, to <see cref="WorkerStep.Settle"/>.</summary>
    public long[]? Published { get; init; }
}

internal enum WorkerStep
{
    Connect,
    Begin,
    Count,
    Stop,
    Settle,
}

/// <summary>What a worker answers, one line of JSON per request.</summary>
internal sealed record WorkerAnswer
{
    /// <summary>Why it could not do what it was told.</summary>
    public string? Error { get; init; }

    public long Count { get; init; }

    public long[]? Published { get; init; }

    public SliceMessage? Slice { get; init; }
}

/// <summary>A <see cref="Slice"/> as JSON; its histogram as pairs of value and count.</summary>
internal sealed record SliceMessage
{
    public required long Operations { get; init; }

    public required SortedDictionary<string, long> Counts { get; init; }

    public required long[] Latency { get; init; }

    internal static SliceMessage From(Slice slice) => new()
    {
        Operations = slice.Operations,
        Counts = slice.Counts,
        Latency = [.. slice.Latency.RecordedValues().SelectMany(
            static value => (long[])[value.ValueIteratedTo, value.CountAtValueIteratedTo])],
    };

    internal Slice ToSlice()
    {
        var slice = new Slice { Operations = Operations };
        foreach ((string name, long value) in Counts)
            slice.Count(name, value);
        for (int i = 0; i < Latency.Length; i += 2)
            slice.Latency.RecordValueWithCount(Latency[i], Latency[i + 1]);
        return slice;
    }
}

[JsonSourceGenerationOptions(
    UseStringEnumConverter = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(LoadPlan))]
[JsonSerializable(typeof(WorkerRequest))]
[JsonSerializable(typeof(WorkerAnswer))]
internal sealed partial class CrewJson : JsonSerializerContext;
