using System.Net;
using Longwire.Load.Protocols;

namespace Longwire.Load.Workloads;

/// <summary>What one process of clients does: the scenario's options and its share of the connections.</summary>
internal sealed record LoadPlan
{
    public required WorkloadKind Kind { get; init; }

    /// <summary>The server's address, such as 127.0.0.1:7300.</summary>
    public required string Server { get; init; }

    public required string Protocol { get; init; }

    /// <summary>Connections of all processes.</summary>
    public required int Connections { get; init; }

    /// <summary>Number of this process's first connection.</summary>
    public int First { get; init; }

    /// <summary>This process's connections.</summary>
    public int Share { get; init; }

    /// <summary>Where they come from, as the last byte of 127.0.0.x; 0 is the system's choice.</summary>
    public byte Source { get; init; }

    /// <summary>Connections with lower numbers subscribe.</summary>
    public int Subscribers { get; init; }

    /// <summary>Further connections that publish.</summary>
    public int PublishersOfAll { get; init; }

    /// <summary>Those of this process: all in the first one, none in the others.</summary>
    internal int Publishers => First == 0 ? PublishersOfAll : 0;

    /// <summary>Subscribers with lower numbers stop reading for a while.</summary>
    public int Stalled { get; init; }

    public TimeSpan StallFor { get; init; }

    /// <summary>Payload bytes.</summary>
    public int Size { get; init; }

    /// <summary>Messages in flight per publisher (closed loop), or 0 with a rate.</summary>
    public int Window { get; init; }

    /// <summary>
    /// Messages a second of all publishers, or requests of all connections (open loop); 0 for an echo's closed loop.
    /// </summary>
    public double Rate { get; init; }

    /// <summary>What messages consist of.</summary>
    public MessageBody Body { get; init; }

    /// <summary>Every how many messages a subscriber asks for data of its own; 0 for never.</summary>
    public int PrivateEvery { get; init; }

    /// <summary>What servers send is raw deflate.</summary>
    public bool Inflates { get; init; }

    /// <summary>Under TLS 1.3, and whether sessions are resumed.</summary>
    public TlsUse Tls { get; init; }

    /// <summary>A storm ends its connections with RST, not FIN.</summary>
    public bool Aborts { get; init; }

    internal EndPoint ServerEndPoint => IPEndPoint.Parse(Server);
}

/// <summary>What clients do.</summary>
internal enum WorkloadKind
{
    Idle,
    Fanout,
    Echo,
    Ingest,
    Storm,
}

/// <summary>What the protocol is spoken over.</summary>
internal enum TlsUse
{
    None,

    /// <summary>TLS 1.3, a full handshake for each connection.</summary>
    Full,

    /// <summary>TLS 1.3; connections resume a session of one before them.</summary>
    Resumed,
}
