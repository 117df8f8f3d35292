namespace Longwire.Transport;

/// <summary>Whether several processes may listen on one port (SO_REUSEPORT; Unix).</summary>
public enum PortSharing
{
    /// <summary>One listener only; a second one is told that the address is in use.</summary>
    Exclusive,

    /// <summary>The system spreads connections over the listeners, which must belong to one user.</summary>
    Shared,
}

/// <summary>How to listen.</summary>
public sealed record ListenOptions
{
    /// <summary>The defaults.</summary>
    public static ListenOptions Default { get; } = new();

    /// <summary>
    /// Connections that the system completes ahead of us (listen(2)). Default: 4,096; Linux cuts it at
    /// <c>net.core.somaxconn</c>.
    /// </summary>
    public int Backlog { get; init; } = 4096;

    /// <summary>Whether the port may be shared. Default: <see cref="PortSharing.Exclusive"/>.</summary>
    public PortSharing PortSharing { get; init; }

    /// <summary>Socket options of accepted connections.</summary>
    public TcpOptions Tcp { get; init; } = TcpOptions.Default;
}
