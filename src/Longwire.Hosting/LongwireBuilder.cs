using System.Diagnostics.CodeAnalysis;
using Longwire.Hosting.Settings;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Longwire.Hosting;

/// <summary>What the application brings; the configuration says where and how it is served.</summary>
public sealed class LongwireBuilder
{
    internal readonly Dictionary<string, ProtocolEntry> Protocols = new(StringComparer.OrdinalIgnoreCase);
    internal readonly List<string> Sections = [];
    internal readonly List<Action<IServiceProvider>> BeforeStart = []; // so that what is missing fails the start
    internal Action<IServiceProvider, TcpServerBuilder>? Server;

    internal LongwireBuilder(IServiceCollection services) => Services = services;

    /// <summary>The host's services.</summary>
    public IServiceCollection Services { get; }

    /// <summary>Adds a protocol, which endpoints of the configuration name.</summary>
    /// <param name="name">Its name in the configuration.</param>
    /// <param name="configure">Its framing and handlers; the configuration counts after what this sets.</param>
    /// <param name="listen">
    /// Where it listens when its endpoint does not say, and when the configuration has no endpoint at all. Default:
    /// null, it must be said.
    /// </param>
    /// <param name="defaults">Its options where the configuration has none.</param>
    public LongwireBuilder Protocol(
        string name, Action<IServiceProvider, EndpointBuilder<object?>> configure, string? listen = null,
        EndpointOptions? defaults = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(configure);
        Protocols.Add(name, new(configure, listen, defaults ?? EndpointOptions.Default));
        return this;
    }

    /// <summary>Adds a protocol that a handler class of the container's serves.</summary>
    /// <param name="name">Its name in the configuration.</param>
    /// <param name="framing">How the byte stream is cut into messages.</param>
    /// <param name="listen">Where it listens when its endpoint does not say; see <see cref="Protocol"/>.</param>
    /// <param name="lifetime">Whether connections share the handler.</param>
    public LongwireBuilder Handler<
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] THandler>(
        string name, Codec framing, string? listen = null, HandlerLifetime lifetime = HandlerLifetime.Shared)
        where THandler : ConnectionHandler
    {
        ArgumentNullException.ThrowIfNull(framing);
        if (lifetime == HandlerLifetime.Shared)
        {
            Services.TryAddSingleton<THandler>();
            BeforeStart.Add(static services => services.GetRequiredService<THandler>());
        }
        else
            Services.TryAddScoped<THandler>();
        return Protocol(
            name, (services, endpoint) => endpoint.Framing(framing).Handler<THandler>(services, lifetime), listen);
    }

    /// <summary>
    /// Names a section beside those of the server that the application reads itself, so that it is no unknown key.
    /// </summary>
    public LongwireBuilder Section(string name)
    {
        Sections.Add(name);
        return this;
    }

    /// <summary>Changes the server beyond what the configuration says; called after it.</summary>
    public LongwireBuilder ConfigureServer(Action<IServiceProvider, TcpServerBuilder> configure)
    {
        Server += configure;
        return this;
    }
}
