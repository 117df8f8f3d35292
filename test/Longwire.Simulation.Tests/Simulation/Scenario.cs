using System.Net;
using Longwire.Primitives;
using Longwire.Testing;

namespace Longwire.Simulation;

/// <summary>How an endpoint takes its messages.</summary>
internal enum HandlerKind
{
    Inline,
    Pool,
    Pull,
}

/// <summary>What lies between the wire and the protocol of an endpoint.</summary>
internal enum LayerKind
{
    None,
    AwaitsWithoutBuffer,
    AwaitsWithBuffer,
}

/// <summary>One endpoint of a scenario.</summary>
internal sealed record EndpointPlan(
    HandlerKind Kind, Codec Codec, EndpointOptions Options, IPEndPoint Address, LayerKind Layer, double LayerHops);

/// <summary>Everything that one seed decides before the first step.</summary>
/// <remarks>Owner: the run. Concurrency: the simulation's thread. Bound: the numbers drawn here.</remarks>
internal sealed class Scenario
{
    internal const int MaxFrame = 2000;

    internal readonly SeededRandom Random;
    internal readonly int Loops;
    internal readonly EndpointPlan[] Endpoints;
    internal readonly FaultPlan Faults;
    internal readonly string[] Topics;
    internal readonly HubOptions Hub;
    internal readonly ServerLimits Limits;
    internal readonly int Clients;
    internal readonly int Rounds;
    internal readonly int Phases;
    internal readonly int Burst;
    internal readonly int LargestPayload;
    internal readonly TimeSpan Pause;
    internal readonly bool Endings;

    internal Scenario(ulong seed)
    {
        Random = new SeededRandom(seed);
        Loops = Random.Between(1, 4);
        bool crowd = Random.Chance(0.02);
        Clients = crowd ? Random.Between(500, 2000)
            : Random.Chance(0.2) ? Random.Between(40, 120) : Random.Between(3, 30);
        Rounds = crowd ? 3 : Random.Between(4, 12);
        Phases = crowd ? 1 : Random.Between(1, 3);
        Burst = crowd ? 2 : Random.Chance(0.3) ? 60 : Random.Between(1, 20);
        LargestPayload = Random.Chance(0.2) ? 1200 : Random.Between(0, 150);
        Pause = TimeSpan.FromMilliseconds(Random.Chance(0.5) ? 100 : Random.Between(1, 20_000));
        Endings = Random.Chance(0.7);
        Faults = FaultPlan.Draw(Random);
        if (Random.Chance(0.3))
            Faults = Faults with { Reset = 0, Stall = 0 };
        Topics = DrawTopics();
        Hub = new HubOptions { Topics = [.. Enumerable.Range(0, 4).Select(DrawTopicOptions)] };
        Limits = new ServerLimits
        {
            MaxConnections = Random.Chance(0.1) ? Math.Max(1, Clients / 2) : 100_000,
            OutboxBudgetBytes = Random.Chance(0.2)
                ? OutboxBudget.ChunkBytes * Loops * Random.Between(1, 2)
                : 256L << 20,
        };
        Endpoints = new EndpointPlan[Random.Between(1, 3)];
        for (int i = 0; i < Endpoints.Length; i++)
            Endpoints[i] = DrawEndpoint(i);
    }

    /// <summary>The policy for a topic at an endpoint.</summary>
    internal static SlowConsumerPolicy PolicyOf(Topic topic, EndpointPlan endpoint) =>
        topic.Options.SlowConsumer ?? endpoint.Options.SlowConsumer;

    private string[] DrawTopics()
    {
        int perGroup = Random.Chance(0.1) ? Random.Between(20, 80) : Random.Between(1, 6);
        return [.. Enumerable.Range(0, 4 * perGroup).Select(i => $"g{i % 4}/t{i / 4}")];
    }

    private (TopicFilter Filter, TopicOptions Options) DrawTopicOptions(int group) => (
        TopicFilter.Parse($"g{group}/#"),
        new TopicOptions
        {
            Retention = Random.Chance(0.75) ? Retention.RetainLast : Retention.None,
            WindowEntries = Random.Chance(0.5) ? Random.Between(1, 16) : 1024,
            WindowBytes = Random.Chance(0.2) ? Random.Between(128, 4096) : 1 << 20,
            HistoryEntries = Random.Chance(0.2) ? Random.Between(1, 5) : 0,
            SlowConsumer = Random.Chance(0.3) ? (SlowConsumerPolicy)Random.Next(4) : null,
        });

    private EndpointPlan DrawEndpoint(int index)
    {
        Codec codec = Random.Next(4) switch
        {
            0 => LengthPrefix.BigEndian16(MaxFrame),
            1 => LengthPrefix.Varint(MaxFrame),
            2 => LengthPrefix.BigEndian32(MaxFrame, LengthIncludes.Header),
            _ => Lines.Utf8(MaxFrame),
        };
        var options = new EndpointOptions
        {
            OutboxBytes = Random.Chance(0.6) ? Random.Between(4096, 8192) : Random.Between(8192, 256 << 10),
            OutboxAge = Seconds(1, 5, 30),
            SlowConsumer = (SlowConsumerPolicy)Random.Next(4),
            HandlerMessages = Random.Between(1, 8),
            HandlerBytes = Random.Chance(0.3) ? Random.Between(1, 500) : 64 << 10,
            IdleTimeout = Random.Chance(0.3) ? Seconds(20, 60, 3600) : Timeout.InfiniteTimeSpan,
            HeartbeatInterval = Seconds(3, 30, 300),
            HeartbeatTimeout = Seconds(10, 90, 900),
            StallTimeout = Seconds(3, 60, 300),
            HalfCloseGrace = Seconds(5, 5, 20),
            LingerTimeout = Seconds(1, 5, 5),
        };
        var kind = (HandlerKind)Random.Next(4);
        return new EndpointPlan(
            kind > HandlerKind.Pull ? HandlerKind.Inline : kind, codec, options,
            new IPEndPoint(IPAddress.Loopback, 7000 + index),
            Random.Chance(0.6) ? LayerKind.None : (LayerKind)Random.Between(1, 2),
            Random.Chance(0.5) ? 0 : 0.3);
    }

    private TimeSpan Seconds(int first, int second, int third) =>
        TimeSpan.FromSeconds(Random.Next(3) switch { 0 => first, 1 => second, _ => third });
}
