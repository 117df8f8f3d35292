using Longwire.Transport;

namespace Longwire.Hosting.Settings;

/// <summary>The keys of an endpoint's section, its layers aside.</summary>
internal static class EndpointTables
{
    internal static readonly SettingTable<EndpointSettings> Endpoint =
        new SettingTable<EndpointSettings>(new EndpointSettings { Name = "" })
        .Text("protocol", ("the name of a protocol", "console"),
            static o => o.Protocol, static (o, v) => o with { Protocol = v },
            "what is spoken; by default the protocol of the endpoint's name")
        .Text("listen", ("HOST:PORT", "127.0.0.1:2323"), static o => o.Listen, static (o, v) => o with { Listen = v },
            "HOST:PORT, :PORT (this machine only), *:PORT (every address) or unix:///PATH; "
                + "with port 0 the system chooses")
        .Switch("required", static o => o.IsRequired, static (o, v) => o with { IsRequired = v },
            "false: when it fails, the rest starts without it, and health says degraded")
        .Switch("enabled", static o => o.IsEnabled, static (o, v) => o with { IsEnabled = v },
            "false: as if the section were not there");

    internal static readonly SettingTable<EndpointOptions> Options =
        new SettingTable<EndpointOptions>(EndpointOptions.Default)
        .Size("outboxBytes", 4096, static o => o.OutboxBytes, static (o, v) => o with { OutboxBytes = v },
            "bytes in a connection's outbox; at the bound slowConsumer counts")
        .Time("outboxAge", static o => o.OutboxAge, static (o, v) => o with { OutboxAge = v },
            "longest wait of a push; then slowConsumer counts")
        .Choice("slowConsumer", static o => o.SlowConsumer, static (o, v) => o with { SlowConsumer = v },
            "what happens to those who do not keep up")
        .Count("handlerMessages", (1, 1 << 20),
            static o => o.HandlerMessages, static (o, v) => o with { HandlerMessages = v },
            "messages that wait for a handler; then reading pauses")
        .Size("handlerBytes", 1, static o => o.HandlerBytes, static (o, v) => o with { HandlerBytes = v },
            "bytes that wait for a handler; then reading pauses")
        .Count("maxSubscriptions", (0, ushort.MaxValue),
            static o => o.MaxSubscriptions, static (o, v) => o with { MaxSubscriptions = v },
            "subscriptions of a connection; further ones are refused")
        .TimeOrNever("idleTimeout", static o => o.IdleTimeout, static (o, v) => o with { IdleTimeout = v },
            "time without a byte from the peer; then it is closed")
        .Time("heartbeatInterval",
            static o => o.HeartbeatInterval, static (o, v) => o with { HeartbeatInterval = v },
            "how often life is checked; a heartbeat is sent if nothing else was")
        .Time("heartbeatTimeout", static o => o.HeartbeatTimeout, static (o, v) => o with { HeartbeatTimeout = v },
            "time without any acknowledgement; then the peer is gone")
        .Time("stallTimeout", static o => o.StallTimeout, static (o, v) => o with { StallTimeout = v },
            "time in which the peer took nothing of what is queued; then it is aborted")
        .Time("halfCloseGrace", static o => o.HalfCloseGrace, static (o, v) => o with { HalfCloseGrace = v },
            "time to answer what came before the peer's end")
        .Time("handshakeTimeout", static o => o.HandshakeTimeout, static (o, v) => o with { HandshakeTimeout = v },
            "time for TLS and Negotiate to open")
        .Time("lingerTimeout", static o => o.LingerTimeout, static (o, v) => o with { LingerTimeout = v },
            "time for the peer to end after us")
        .Time("proxyHeaderTimeout",
            static o => o.ProxyHeaderTimeout, static (o, v) => o with { ProxyHeaderTimeout = v },
            "time for a balancer's PROXY header");

    internal static readonly SettingTable<ListenOptions> Socket =
        new SettingTable<ListenOptions>(ListenOptions.Default)
        .Count("backlog", (1, 1 << 20), static o => o.Backlog, static (o, v) => o with { Backlog = v },
            "connections completed ahead of us; Linux cuts it at net.core.somaxconn")
        .Choice("portSharing", static o => o.PortSharing, static (o, v) => o with { PortSharing = v },
            "shared: several processes listen on one port of a Unix")
        .Switch("noDelay", static o => o.Tcp.NoDelay, Tcp<bool>(static (o, v) => o with { NoDelay = v }),
            "send small segments at once")
        .Time("keepAliveIdle",
            static o => o.Tcp.KeepAliveIdle, Tcp<TimeSpan>(static (o, v) => o with { KeepAliveIdle = v }),
            "quiet time after which TCP probes the peer")
        .Time("keepAliveInterval",
            static o => o.Tcp.KeepAliveInterval, Tcp<TimeSpan>(static (o, v) => o with { KeepAliveInterval = v }),
            "time between probes")
        .Count("keepAliveProbes", (1, 127),
            static o => o.Tcp.KeepAliveProbes, Tcp<int>(static (o, v) => o with { KeepAliveProbes = v }),
            "unanswered probes; then the connection is given up")
        .Time("userTimeout",
            static o => o.Tcp.UserTimeout, Tcp<TimeSpan>(static (o, v) => o with { UserTimeout = v }),
            "how long sent bytes may stay unacknowledged (Linux); at least stallTimeout")
        .Size("notSentLowWaterBytes", 1024, static o => o.Tcp.NotSentLowWaterBytes,
            Tcp<int>(static (o, v) => o with { NotSentLowWaterBytes = v }),
            "unsent bytes above which the kernel takes no more");

    private static Func<ListenOptions, TValue, ListenOptions> Tcp<TValue>(
        Func<TcpOptions, TValue, TcpOptions> set) => (options, value) => options with { Tcp = set(options.Tcp, value) };
}
