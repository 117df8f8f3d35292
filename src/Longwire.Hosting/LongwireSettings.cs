using Longwire.Primitives;
using Longwire.Transport.Layers;
using Microsoft.Extensions.Configuration;

namespace Longwire.Hosting;

/// <summary>What the configuration says about a server, checked.</summary>
public sealed record LongwireSettings
{
    /// <summary>Loops, 1 to 64. Default: the cores that the process may use, at most 16.</summary>
    public int Loops { get; init; } = Math.Min(16, Environment.ProcessorCount);

    /// <summary>What waits for the system. Default: <see cref="PollerKind.Automatic"/>.</summary>
    public PollerKind Poller { get; init; }

    /// <summary>Limits of the whole server.</summary>
    public ServerLimits Limits { get; init; } = ServerLimits.Default;

    /// <summary>The slab pool's ceiling.</summary>
    public SlabPoolOptions Memory { get; init; } = new();

    /// <summary>The hub's limits and topics.</summary>
    public HubOptions Hub { get; init; } = new();

    /// <summary>The endpoints, at least one, by name.</summary>
    public IReadOnlyList<EndpointSettings> Endpoints { get; init; } = [];
}

/// <summary>What the configuration says about an endpoint, checked.</summary>
public sealed record EndpointSettings
{
    /// <summary>Its name, the key of its section.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// The protocol that it speaks, one of those of <see cref="LongwireBuilder.Protocol"/>. Default: the one of its
    /// name.
    /// </summary>
    public string Protocol { get; init; } = "";

    /// <summary>Where it listens. Default: the protocol's own address.</summary>
    public string Listen { get; init; } = "";

    /// <summary>
    /// Whether the server does not start without it. Default: true. When one that is not required fails, the rest
    /// starts, and <see cref="LongwireStatus"/> says so.
    /// </summary>
    public bool IsRequired { get; init; } = true;

    /// <summary>Whether it is there at all. Default: true.</summary>
    public bool IsEnabled { get; init; } = true;

    /// <summary>Limits and deadlines of its connections.</summary>
    public EndpointOptions Options { get; init; } = EndpointOptions.Default;

    /// <summary>The balancers whose PROXY headers count. Default: none, clients come themselves.</summary>
    public IReadOnlyList<string> Proxies { get; init; } = [];

    /// <summary>TLS; null for plain text.</summary>
    public TlsServerOptions? Tls { get; init; }

    /// <summary>Negotiate, over TLS when there is both; null without.</summary>
    public NegotiateServerOptions? Negotiate { get; init; }

    /// <summary>Compression, under the layers' encryption; null without.</summary>
    public DeflateOptions? Deflate { get; init; }

    /// <summary>The path of its section, for messages.</summary>
    internal string Key { get; init; } = "";

    /// <summary>Which key named which file of <see cref="Tls"/>.</summary>
    internal IReadOnlyDictionary<string, string> FileKeys { get; init; } = new Dictionary<string, string>();
}
