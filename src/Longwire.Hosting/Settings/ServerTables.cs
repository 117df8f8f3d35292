using Longwire.Primitives;

namespace Longwire.Hosting.Settings;

/// <summary>The keys of the sections that are there once.</summary>
internal static class ServerTables
{
    internal static readonly SettingTable<LongwireSettings> Server = new SettingTable<LongwireSettings>(new())
        .Count("loops", (1, 64), static o => o.Loops, static (o, v) => o with { Loops = v },
            "threads that serve connections; by default as many as cores, at most 16")
        .Choice("poller", static o => o.Poller, static (o, v) => o with { Poller = v },
            "what waits for the system; automatic is epoll on Linux x64 and socket elsewhere");

    internal static readonly SettingTable<ServerLimits> Limits = new SettingTable<ServerLimits>(ServerLimits.Default)
        .Count("maxConnections", (1, int.MaxValue),
            static o => o.MaxConnections, static (o, v) => o with { MaxConnections = v },
            "connections at one time; further ones are refused")
        .Count("maxConnectionsPerAddress", (1, int.MaxValue),
            static o => o.MaxConnectionsPerAddress, static (o, v) => o with { MaxConnectionsPerAddress = v },
            "connections of one IP address at one time; further ones are refused")
        .Count("maxConnectionsPerUser", (1, 1000),
            static o => o.MaxConnectionsPerUser, static (o, v) => o with { MaxConnectionsPerUser = v },
            "connections that are signed in as one user; the oldest is closed for a further one")
        .Count("maxConcurrentHandshakes", (1, 1024),
            static o => o.MaxConcurrentHandshakes, static (o, v) => o with { MaxConcurrentHandshakes = v },
            "TLS and Negotiate handshakes that compute at one time; by default as many as cores, at least 2")
        .Size("outboxBudgetBytes", (1, long.MaxValue),
            static o => o.OutboxBudgetBytes, static (o, v) => o with { OutboxBudgetBytes = v },
            "bytes in all outboxes; at the bound the oldest messages pay; at least 256KiB for each loop")
        .Time("drainTimeout", static o => o.DrainTimeout, static (o, v) => o with { DrainTimeout = v },
            "time for goodbyes and flushing at the end; then connections are aborted");

    internal static readonly SettingTable<SlabPoolOptions> Memory = new SettingTable<SlabPoolOptions>(new())
        .Size("ceilingBytes", (1 << 20, long.MaxValue),
            static o => o.CeilingBytes, static (o, v) => o with { CeilingBytes = v },
            "pinned memory; by default a quarter of what the process may use, at least 64MiB");

    internal static readonly SettingTable<HubOptions> Hub = new SettingTable<HubOptions>(new())
        .Count("maxTopics", (1, int.MaxValue), static o => o.MaxTopics, static (o, v) => o with { MaxTopics = v },
            "topics; a publish that would make a further one is refused")
        .Size("maxPayloadBytes", 1, static o => o.MaxPayloadBytes, static (o, v) => o with { MaxPayloadBytes = v },
            "a message; larger ones are refused");

    /// <summary>One entry of <c>hub:topics</c>.</summary>
    internal static readonly SettingTable<TopicRule> Topic = new SettingTable<TopicRule>(new())
        .Text("filter", ("a topic filter, such as host/# or demo/+/state", "host/#"), static o => o.Filter,
            static (o, v) => TopicFilter.TryParse(v, out _, out string? _) ? o with { Filter = v } : null,
            "the topics that the entry is for; the first entry that matches counts")
        .Choice("retention", static o => o.Options.Retention,
            static (o, v) => o with { Options = o.Options with { Retention = v } },
            "whether the last message is kept for those who subscribe later")
        .Count("historyEntries", (0, 1 << 20), static o => o.Options.HistoryEntries,
            static (o, v) => o with { Options = o.Options with { HistoryEntries = v } },
            "messages kept beyond the retained one")
        .Count("windowEntries", (1, 1 << 20), static o => o.Options.WindowEntries,
            static (o, v) => o with { Options = o.Options with { WindowEntries = v } },
            "messages that a loop may lag behind; then it counts a gap")
        .Size("windowBytes", (1, long.MaxValue), static o => o.Options.WindowBytes,
            static (o, v) => o with { Options = o.Options with { WindowBytes = v } },
            "bytes kept, history included")
        .Choice<SlowConsumerPolicy>("slowConsumer", static o => o.Options.SlowConsumer ?? SlowConsumerPolicy.Latest,
            static (o, v) => o with { Options = o.Options with { SlowConsumer = v } },
            "what happens to subscribers that do not keep up; by default what the endpoint says");
}

/// <summary>One entry of <c>hub:topics</c>, as read.</summary>
internal sealed record TopicRule
{
    internal string? Filter { get; init; }

    internal TopicOptions Options { get; init; } = TopicOptions.Default;
}
