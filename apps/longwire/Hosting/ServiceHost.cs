using Longwire.Hosting;
using Longwire.Hosting.Settings;
using Longwire.Service.Console;
using Longwire.Service.Feed;
using Longwire.Service.Sources;
using Longwire.Service.Sources.Configuration;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Longwire.Service.Hosting;

/// <summary>The composition: host, server, console, publisher.</summary>
/// <remarks>Owner: the command. Concurrency: start, stop and dispose one after the other. Life: started once.</remarks>
internal sealed class ServiceHost : IAsyncDisposable
{
    /// <summary>
    /// What the server takes beyond its drain at worst: 1 s for loops that are held, 5 s for each to end, and room.
    /// </summary>
    private static readonly TimeSpan s_beyondDrain = TimeSpan.FromSeconds(20);

    private readonly IHost _host;

    private readonly TextWriter _output;

    /// <exception cref="SettingsException">A setting is wrong, or a certificate cannot be used.</exception>
    public ServiceHost(IConfiguration configuration, TextWriter output, Action<ILoggingBuilder> logging)
    {
        _output = output;
        SourcesOptions sources = SourcesOptions.Read(configuration.GetSection(SourcesOptions.Section));
        // Empty: no appsettings.json, no environment, no command line of the host's own. What the service does must not
        // depend on what lies in the directory that it was started from.
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings
        {
            ApplicationName = "longwire",
            ContentRootPath = AppContext.BaseDirectory,
        });
        logging(builder.Logging);
        builder.Services
            .AddSingleton<IHostLifetime, SignalLifetime>()
            .AddSingleton(TimeProvider.System)
            .AddSingleton<IStatusSink, HubSink>()
            .AddSingleton(Random.Shared)
            .AddSingleton<IReadOnlyList<ScheduledSource>>(provider => SourceCatalog.Create(
                sources, provider.GetRequiredService<TcpServer>(), provider.GetRequiredService<LongwireStatus>(),
                provider.GetRequiredService<TimeProvider>()))
            .AddSingleton<StatusPublisher>()
            .AddSingleton<StatusService>()
            .AddHostedService(static provider => provider.GetRequiredService<StatusService>())
            .AddLongwire(configuration, static longwire => longwire // after the publisher: values first, then clients
                .Protocol(LineConsole.Name, LineConsole.Configure, LineConsole.DefaultAddress)
                .Protocol(ServiceFeed.Name, ServiceFeed.Configure, ServiceFeed.DefaultAddress)
                .Section("sources")) // read above
            .AddSystemdNotification()
            .AddOptions<HostOptions>().Configure<LongwireSettings>(static (options, settings) =>
                options.ShutdownTimeout = settings.Limits.DrainTimeout + s_beyondDrain);
        if (OperatingSystem.IsWindows())
            builder.Services.AddWindowsService(static options => options.ServiceName = "longwire"); // if it runs as one
        _host = builder.Build();
        Server = _host.Services.GetRequiredService<TcpServer>();
        Settings = _host.Services.GetRequiredService<LongwireSettings>();
        Status = _host.Services.GetRequiredService<LongwireStatus>();
    }

    /// <summary>What the configuration came to.</summary>
    public LongwireSettings Settings { get; }

    /// <summary>What became of the endpoints.</summary>
    public LongwireStatus Status { get; }

    /// <summary>The server; its addresses are known once it is started.</summary>
    public TcpServer Server { get; }

    /// <summary>Starts, says where it listens, and returns when clients are served.</summary>
    /// <exception cref="SettingsException">An address could not be bound, or memory does not suffice.</exception>
    /// <exception cref="InvalidOperationException">The system refused, mostly for want of descriptors.</exception>
    public async Task StartAsync(CancellationToken cancellation = default)
    {
        await _host.StartAsync(cancellation);
        foreach (EndpointStatus endpoint in Status.Endpoints)
        {
            if (endpoint.Address is { } address)
            {
                EndpointSettings settings = Settings.Endpoints.First(settings => settings.Name == endpoint.Name);
                await _output.WriteLineAsync(Announcement.For(settings, address));
            }
        }
        await _output.FlushAsync(cancellation);
    }

    /// <summary>Drains and stops.</summary>
    public Task StopAsync(CancellationToken cancellation = default) => _host.StopAsync(cancellation);

    /// <summary>Runs on until a signal, drains; the result is the exit code.</summary>
    public async Task<int> WaitAsync()
    {
        await _host.WaitForShutdownAsync();
        // The host stops in good order when its publisher fails, too; the exit code must not call that success.
        bool failed = _host.Services.GetRequiredService<StatusService>().ExecuteTask is { IsFaulted: true };
        return failed ? ExitCodes.Failure : ExitCodes.Success;
    }

    public ValueTask DisposeAsync() => ((IAsyncDisposable)_host).DisposeAsync();
}
