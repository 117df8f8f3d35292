using Longwire.Service.Console;
using Longwire.Service.Sources;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Longwire.Service.Hosting;

/// <summary>The composition: host, server, console, publisher.</summary>
/// <remarks>Owner: the command. Concurrency: start, stop and dispose one after the other. Life: started once.</remarks>
internal sealed class ServiceHost : IAsyncDisposable
{
    /// <summary>
    /// More than the server's drain takes at worst: 10 s of <see cref="ServerLimits.DrainTimeout"/>, 1 s for loops that
    /// are held, and the time to end them.
    /// </summary>
    private static readonly TimeSpan s_shutdownTimeout = TimeSpan.FromSeconds(30);

    private readonly IHost _host;

    public ServiceHost(ServeSettings settings, TextWriter output, Action<ILoggingBuilder> logging)
    {
        // Empty: no appsettings.json, no environment, no command line of the host's own. What the service does must not
        // depend on what lies in the directory that it was started from.
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings
        {
            ApplicationName = "longwire",
            ContentRootPath = AppContext.BaseDirectory,
        });
        logging(builder.Logging);
        builder.Services
            .Configure<HostOptions>(static options => options.ShutdownTimeout = s_shutdownTimeout)
            .AddSingleton<IHostLifetime, SignalLifetime>()
            .AddSingleton(TimeProvider.System)
            .AddSingleton(output)
            .AddSingleton(settings)
            .AddSingleton(provider => LineConsole.CreateServer(
                settings, provider.GetRequiredService<ILoggerFactory>()))
            .AddSingleton<IStatusSink, HubSink>()
            .AddSingleton<IReadOnlyList<IStatusSource>>(provider =>
                [.. HostSources.Create(), new ServerSource(provider.GetRequiredService<TcpServer>())])
            .AddSingleton<StatusPublisher>()
            .AddSingleton<StatusService>()
            .AddHostedService(provider => provider.GetRequiredService<StatusService>())
            .AddHostedService<ServerService>(); // after the publisher: values first, then clients
        _host = builder.Build();
        Server = _host.Services.GetRequiredService<TcpServer>();
    }

    /// <summary>The server; its addresses are known once it is started.</summary>
    public TcpServer Server { get; }

    /// <summary>Starts; returns when clients are served.</summary>
    /// <exception cref="ListenException">The address could not be bound.</exception>
    public Task StartAsync(CancellationToken cancellation = default) => _host.StartAsync(cancellation);

    /// <summary>Drains and stops.</summary>
    public Task StopAsync(CancellationToken cancellation = default) => _host.StopAsync(cancellation);

    /// <summary>Starts, runs until a signal, drains; the result is the exit code.</summary>
    public async Task<int> RunAsync()
    {
        await StartAsync();
        await _host.WaitForShutdownAsync();
        // The host stops in good order when its publisher fails, too; the exit code must not call that success.
        bool failed = _host.Services.GetRequiredService<StatusService>().ExecuteTask is { IsFaulted: true };
        return failed ? ExitCodes.Failure : ExitCodes.Success;
    }

    public ValueTask DisposeAsync() => ((IAsyncDisposable)_host).DisposeAsync();
}
