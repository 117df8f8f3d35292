using Longwire.Transport;

namespace Longwire;

/// <summary>Limits and deadlines of an endpoint's connections. Every one is finite unless it says otherwise.</summary>
public sealed record EndpointOptions
{
    /// <summary>The defaults.</summary>
    public static EndpointOptions Default { get; } = new();

    /// <summary>
    /// Most bytes in a connection's outbox. Default: 256 KiB. Pushes and sends from other threads fill at most three
    /// quarters of it, so that replies have room; an empty outbox takes any one message.
    /// </summary>
    public int OutboxBytes { get; init; } = 256 << 10;

    /// <summary>
    /// Longest time that a push waits in the outbox before the slow-consumer policy applies to it. Default: 30 s.
    /// </summary>
    public TimeSpan OutboxAge { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>What happens to pushes that do not fit. Default: <see cref="SlowConsumerPolicy.Latest"/>.</summary>
    public SlowConsumerPolicy SlowConsumer { get; init; } = SlowConsumerPolicy.Latest;

    /// <summary>Messages that wait for a handler on the pool before reading pauses. Default: 8.</summary>
    public int HandlerMessages { get; init; } = 8;

    /// <summary>Bytes that wait for a handler on the pool before reading pauses. Default: 64 KiB.</summary>
    public int HandlerBytes { get; init; } = 64 << 10;

    /// <summary>Most subscriptions of one connection. Default: 256.</summary>
    public int MaxSubscriptions { get; init; } = 256;

    /// <summary>
    /// Time without a byte from the peer after which it is closed; suspended while we pause reading. Default: none.
    /// </summary>
    public TimeSpan IdleTimeout { get; init; } = Timeout.InfiniteTimeSpan;

    /// <summary>
    /// How often a connection's life is checked, and a heartbeat sent if nothing else was. Default: 30 s.
    /// </summary>
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Time without any acknowledgement of sent data after which the peer counts as gone. Default: 90 s.
    /// </summary>
    public TimeSpan HeartbeatTimeout { get; init; } = TimeSpan.FromSeconds(90);

    /// <summary>
    /// Time in which the peer took no byte of what is queued, after which it is closed. Default: 5 min.
    /// </summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Time that handlers have to answer what arrived before the peer's FIN; then they are cancelled. Heartbeats and
    /// the look for dead peers rest meanwhile. Default: 5 s.
    /// </summary>
    public TimeSpan HalfCloseGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Time from the accept in which all layers (TLS, say) must be open. It starts before the peer has sent anything.
    /// Default: 10 s.
    /// </summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Time after our FIN that the peer has to send its own. Default: 5 s.</summary>
    public TimeSpan LingerTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Time that a proxy has to say who its client is (<see cref="EndpointBuilder{TSession}.UseProxyProtocol"/>).
    /// Default: 5 s; less than 3 s would not outlast a lost packet.
    /// </summary>
    public TimeSpan ProxyHeaderTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Backlog, port sharing and socket options.</summary>
    public ListenOptions Listen { get; init; } = ListenOptions.Default;

    internal int PushBytes => OutboxBytes / 4 * 3;

    internal int LowWaterBytes => OutboxBytes / 4;

    internal int HighWaterBytes => OutboxBytes / 2;

    internal void Validate(string endpoint)
    {
        Check(OutboxBytes >= 4096, endpoint, nameof(OutboxBytes), "at least 4096 bytes");
        Check(OutboxAge > TimeSpan.Zero, endpoint, nameof(OutboxAge), "a positive time");
        Check(HandlerMessages >= 1, endpoint, nameof(HandlerMessages), "at least 1");
        Check(HandlerBytes >= 1, endpoint, nameof(HandlerBytes), "at least 1 byte");
        Check(MaxSubscriptions is >= 0 and <= ushort.MaxValue, endpoint, nameof(MaxSubscriptions), "0 to 65535");
        Check(IdleTimeout > TimeSpan.Zero || IdleTimeout == Timeout.InfiniteTimeSpan, endpoint, nameof(IdleTimeout),
            "a positive time, or Timeout.InfiniteTimeSpan");
        Check(HeartbeatInterval > TimeSpan.Zero, endpoint, nameof(HeartbeatInterval), "a positive time");
        Check(HeartbeatTimeout > TimeSpan.Zero, endpoint, nameof(HeartbeatTimeout), "a positive time");
        Check(StallTimeout > TimeSpan.Zero, endpoint, nameof(StallTimeout), "a positive time");
        Check(HalfCloseGrace > TimeSpan.Zero, endpoint, nameof(HalfCloseGrace), "a positive time");
        Check(HandshakeTimeout > TimeSpan.Zero, endpoint, nameof(HandshakeTimeout), "a positive time");
        Check(LingerTimeout > TimeSpan.Zero, endpoint, nameof(LingerTimeout), "a positive time");
        Check(ProxyHeaderTimeout > TimeSpan.Zero, endpoint, nameof(ProxyHeaderTimeout), "a positive time");
        Check(Listen.Backlog >= 1, endpoint, "Listen.Backlog", "at least 1");
    }

    private static void Check(bool valid, string endpoint, string setting, string needed)
    {
        if (!valid)
            throw new ArgumentException($"Endpoint {endpoint}: {setting} must be {needed}.");
    }
}

/// <summary>Limits of a whole server.</summary>
public sealed record ServerLimits
{
    /// <summary>The portions in which loops take of <see cref="OutboxBudgetBytes"/>: 256 KiB.</summary>
    public const int OutboxPortionBytes = 256 << 10;

    /// <summary>The defaults.</summary>
    public static ServerLimits Default { get; } = new();

    /// <summary>
    /// Most connections at one time. Default: 100,000 (the process's descriptor limit comes first if it is lower).
    /// </summary>
    public int MaxConnections { get; init; } = 100_000;

    /// <summary>Most connections from one IP address at one time. Default: 20,000.</summary>
    public int MaxConnectionsPerAddress { get; init; } = 20_000;

    /// <summary>
    /// Most connections that are signed in as one user (<see cref="Connection.SignIn"/>), 1 to 1,000; a further one
    /// closes the oldest with <see cref="CloseReason.Replaced"/>. Default: 1, so that the newest login wins.
    /// </summary>
    public int MaxConnectionsPerUser { get; init; } = 1;

    /// <summary>
    /// Most handshakes of layers that compute at one time, on the thread pool; those that wait for their peer do not
    /// count, and those beyond the limit wait for their turn within their deadline. Default: the cores that the process
    /// may use, at least 2.
    /// </summary>
    public int MaxConcurrentHandshakes { get; init; } = Math.Max(2, Environment.ProcessorCount);

    /// <summary>
    /// Most bytes in all outboxes together. Default: 256 MiB. When it is spent, the connections whose queued messages
    /// are the oldest lose them as their policy says, or are closed with <see cref="CloseReason.MemoryPressure"/>. At
    /// least <see cref="OutboxPortionBytes"/> per loop.
    /// </summary>
    public long OutboxBudgetBytes { get; init; } = 256L << 20;

    /// <summary>Time that a stop gives to goodbyes and flushing before it aborts. Default: 10 s.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(10);

    internal void Validate(int loops)
    {
        Check(MaxConnections >= 1, nameof(MaxConnections), "at least 1");
        Check(MaxConnectionsPerAddress >= 1, nameof(MaxConnectionsPerAddress), "at least 1");
        Check(MaxConnectionsPerUser is >= 1 and <= 1000, nameof(MaxConnectionsPerUser), "1 to 1000");
        Check(MaxConcurrentHandshakes >= 1, nameof(MaxConcurrentHandshakes), "at least 1");
        Check(OutboxBudgetBytes >= (long)loops * OutboxBudget.ChunkBytes, nameof(OutboxBudgetBytes),
            $"at least {(long)loops * OutboxBudget.ChunkBytes} bytes, {OutboxBudget.ChunkBytes} for each loop");
        Check(DrainTimeout > TimeSpan.Zero, nameof(DrainTimeout), "a positive time");
    }

    private static void Check(bool valid, string setting, string needed)
    {
        if (!valid)
            throw new ArgumentException($"ServerLimits.{setting} must be {needed}.");
    }
}
