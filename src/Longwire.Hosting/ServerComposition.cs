using Longwire.Hosting.Settings;
using Longwire.Transport;
using Longwire.Transport.Layers;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Longwire.Hosting;

/// <summary>Makes the server that the settings describe, and blames the setting when it cannot be.</summary>
/// <remarks>Owner: the container. Concurrency: made once; then immutable, its status aside.</remarks>
internal sealed class ServerComposition
{
    private readonly IServiceProvider _services;
    private readonly LongwireBuilder _builder;
    private readonly string _key;
    private readonly List<EndpointSettings> _served = [];

    /// <exception cref="SettingsException">A setting is wrong, or names what cannot be used.</exception>
    internal ServerComposition(IServiceProvider services, LongwireBuilder builder, IConfigurationSection section)
    {
        _services = services;
        _builder = builder;
        _key = section.Path;
        Settings = SettingsReading.Read(section, builder.Protocols, builder.Sections);
        Status = new LongwireStatus(Settings.Endpoints.Select(static endpoint => endpoint.Name));
        Server = TcpServer.Create(Describe);
    }

    internal LongwireSettings Settings { get; }

    internal TcpServer Server { get; }

    internal LongwireStatus Status { get; }

    /// <summary>Starts the server and notes what became of each endpoint.</summary>
    /// <remarks>
    /// What no setting is to blame for is thrown as it is, such as an address of <see
    /// cref="LongwireBuilder.ConfigureServer"/>'s.
    /// </remarks>
    /// <exception cref="SettingsException">A setting names what the system refuses.</exception>
    internal async Task StartAsync(CancellationToken cancellation)
    {
        _builder.BeforeStart.ForEach(make => make(_services));
        try
        {
            await Server.StartAsync(cancellation).ConfigureAwait(false);
        }
        catch (ListenException exception) when (EndpointAt(exception.Address) is { } endpoint)
        {
            throw Blame($"{endpoint.Key}:listen", exception);
        }
        catch (PlatformNotSupportedException exception)
        {
            throw Blame($"{_key}:poller", exception);
        }
        catch (InsufficientMemoryException exception)
        {
            throw Blame($"{_key}:memory:ceilingBytes", exception, "; raise it, or write fewer loops");
        }
        foreach (ListenException failure in Server.Unbound)
        {
            if (EndpointAt(failure.Address) is { } endpoint)
                Status.Failed(endpoint.Name, failure.Message);
        }
        IEnumerable<EndpointSettings> bound = _served.Where(endpoint => !Status.HasFailed(endpoint.Name));
        foreach ((EndpointSettings endpoint, string address) in bound.Zip(Server.Addresses))
            Status.Listens(endpoint.Name, address);
    }

    private static SettingsException Blame(string key, Exception cause, string cure = "") =>
        new([new(key, cure.Length == 0 ? cause.Message : cause.Message.TrimEnd('.') + cure)], cause);

    /// <summary>
    /// The endpoint of the configuration that listens there, the next one where several do (port 0); null for none.
    /// </summary>
    private EndpointSettings? EndpointAt(ListenAddress address) => _served.Find(endpoint =>
        ListenAddress.Parse(endpoint.Listen).ToString() == address.ToString() && !Status.HasFailed(endpoint.Name));

    private void Describe(TcpServerBuilder server)
    {
        server.Loops(Settings.Loops).Poller(Settings.Poller).Limits(Settings.Limits).Memory(Settings.Memory)
            .Hub(Settings.Hub);
        if (_services.GetService<ILoggerFactory>() is { } logs)
            server.Logging(logs);
        if (_services.GetService<TimeProvider>() is { } time)
            server.Time(time);
        var failures = new List<SettingsException>();
        foreach (EndpointSettings endpoint in Settings.Endpoints)
        {
            if (TryMakeLayers(endpoint, out List<Layer> layers) is not { } failure)
            {
                _served.Add(endpoint);
                server.Listen(endpoint.Listen, builder => Describe(endpoint, layers, builder));
            }
            else if (endpoint.IsRequired)
                failures.Add(failure);
            else
                Status.Failed(endpoint.Name, failure.Message);
        }
        if (failures.Count > 0)
            throw new SettingsException([.. failures.SelectMany(static failure => failure.Problems)], failures[0]);
        if (_served.Count == 0)
        {
            throw new SettingsException(
                [new($"{_key}:endpoints", $"none of them can be served: {Status.Problems[0]}")]);
        }
        _builder.Server?.Invoke(_services, server);
    }

    private void Describe(EndpointSettings settings, List<Layer> layers, EndpointBuilder<object?> endpoint)
    {
        _builder.Protocols[settings.Protocol].Configure(_services, endpoint);
        endpoint.Options(settings.Options);
        if (settings.Proxies.Count > 0)
            endpoint.UseProxyProtocol([.. settings.Proxies]);
        layers.ForEach(layer => endpoint.UseLayer(layer));
        if (settings.Deflate is { } deflate)
            endpoint.UseDeflate(deflate);
        if (!settings.IsRequired)
            endpoint.Optional();
    }

    /// <summary>Makes the layers that can fail by themselves, from the socket upwards; or says why not.</summary>
    private SettingsException? TryMakeLayers(EndpointSettings endpoint, out List<Layer> layers)
    {
        layers = [];
        try
        {
            if (endpoint.Tls is { } tls)
                layers.Add(new TlsServerLayer(tls, _services.GetService<TimeProvider>()));
            if (endpoint.Negotiate is { } negotiate)
                layers.Add(new NegotiateServerLayer(negotiate));
            return null;
        }
        catch (CertificateException exception)
        {
            return Blame(
                endpoint.FileKeys.GetValueOrDefault(exception.CertificateSource, $"{endpoint.Key}:tls"), exception);
        }
        catch (ArgumentException exception)
        {
            return Blame($"{endpoint.Key}:tls", exception);
        }
        catch (PlatformNotSupportedException exception)
        {
            return Blame($"{endpoint.Key}:negotiate", exception);
        }
    }
}
