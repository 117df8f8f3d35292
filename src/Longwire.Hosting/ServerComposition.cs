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
        try
        {
            Server = TcpServer.Create(Describe);
        }
        catch (PlatformNotSupportedException exception) // of the poller; layers blame their own section
        {
            throw Blame($"{_key}:poller", exception);
        }
    }

    internal LongwireSettings Settings { get; }

    internal TcpServer Server { get; }

    internal LongwireStatus Status { get; }

    /// <summary>Starts the server and notes what became of each endpoint.</summary>
    internal async Task StartAsync(CancellationToken cancellation)
    {
        try
        {
            await Server.StartAsync(cancellation).ConfigureAwait(false);
        }
        catch (ListenException exception)
        {
            throw Blame($"{EndpointAt(exception.Address).Key}:listen", exception);
        }
        catch (PlatformNotSupportedException exception)
        {
            throw Blame($"{_key}:poller", exception);
        }
        catch (InvalidOperationException exception)
        {
            throw Blame($"{_key}:memory:ceilingBytes", exception,
                "; raise it, write fewer loops, or raise the limit of descriptors");
        }
        foreach (ListenException failure in Server.Unbound)
            Status.Failed(EndpointAt(failure.Address).Name, failure.Message);
        IEnumerable<EndpointSettings> bound = _served.Where(endpoint => !Status.HasFailed(endpoint.Name));
        foreach ((EndpointSettings endpoint, string address) in bound.Zip(Server.Addresses))
            Status.Listens(endpoint.Name, address);
    }

    private static SettingsException Blame(string key, Exception cause, string cure = "") =>
        new([new(key, cause.Message.TrimEnd('.') + cure)], cause);

    private EndpointSettings EndpointAt(ListenAddress address) =>
        _served.First(endpoint => ListenAddress.Parse(endpoint.Listen).ToString() == address.ToString());

    private void Describe(TcpServerBuilder server)
    {
        server.Loops(Settings.Loops).Poller(Settings.Poller).Limits(Settings.Limits).Memory(Settings.Memory)
            .Hub(Settings.Hub);
        if (_services.GetService<ILoggerFactory>() is { } logs)
            server.Logging(logs);
        if (_services.GetService<TimeProvider>() is { } time)
            server.Time(time);
        var failures = new List<SettingProblem>();
        foreach (EndpointSettings endpoint in Settings.Endpoints)
        {
            if (TryMakeLayers(endpoint, out List<Layer> layers, out SettingProblem? problem))
            {
                _served.Add(endpoint);
                server.Listen(endpoint.Listen, builder => Describe(endpoint, layers, builder));
            }
            else if (endpoint.IsRequired)
                failures.Add(problem!);
            else
                Status.Failed(endpoint.Name, problem!.ToString());
        }
        if (_served.Count == 0 && failures.Count == 0)
            failures.Add(new($"{_key}:endpoints", $"none can be served: {Status.Problems[0]}"));
        if (failures.Count > 0)
            throw new SettingsException(failures);
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

    private bool TryMakeLayers(EndpointSettings endpoint, out List<Layer> layers, out SettingProblem? problem)
    {
        layers = [];
        problem = null;
        try
        {
            if (endpoint.Tls is { } tls)
                layers.Add(new TlsServerLayer(tls, _services.GetService<TimeProvider>()));
            if (endpoint.Negotiate is { } negotiate)
                layers.Add(new NegotiateServerLayer(negotiate));
            return true;
        }
        catch (CertificateException exception)
        {
            string key = endpoint.FileKeys.GetValueOrDefault(exception.CertificateSource, $"{endpoint.Key}:tls");
            problem = new(key, exception.Message.TrimEnd('.'));
        }
        catch (PlatformNotSupportedException exception)
        {
            problem = new($"{endpoint.Key}:negotiate", exception.Message.TrimEnd('.'));
        }
        return false;
    }
}
