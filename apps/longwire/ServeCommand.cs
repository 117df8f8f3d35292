using System.Runtime.InteropServices;
using Longwire.Service.Console;
using Longwire.Service.Sources;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Longwire.Service;

/// <summary>Composes the service: sources, server and console on the generic host.</summary>
internal static class ServeCommand
{
    private const int CannotStart = 1;

    internal static async Task<int> RunAsync(string telnet, DirectoryInfo data, CancellationToken cancellation)
    {
        try
        {
            using IHost host = Build(telnet, data);
            var server = host.Services.GetRequiredService<TcpServer>();
            await host.StartAsync(cancellation);
            string address = server.Addresses[0]["tcp://".Length..];
            await System.Console.Out.WriteLineAsync($"longwire is listening on {address}");
            await System.Console.Out.WriteLineAsync($"try: nc {address.Replace(':', ' ')}   and type: watch host/cpu");
            using SecondSignal second = SecondSignal.EndsTheProcess(host);
            await host.WaitForShutdownAsync(cancellation);
            return 0;
        }
        catch (Exception exception) when (exception is ListenException or FormatException or ArgumentException)
        {
            await System.Console.Error.WriteLineAsync($"longwire: --telnet {telnet}: {exception.Message}");
            return CannotStart;
        }
    }

    private static IHost Build(string telnet, DirectoryInfo data)
    {
        // No file of the working directory takes part: the content root is where the program is.
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(
            new HostApplicationBuilderSettings { ContentRootPath = AppContext.BaseDirectory });
        builder.Logging.AddSimpleConsole(static console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "HH:mm:ss ";
        });
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        // The host logs an exception of the start before it throws it; we tell it once, in one line.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
        builder.Logging.SetMinimumLevel(LogLevel.Information);
        builder.Services.Configure<ConsoleLifetimeOptions>(static options => options.SuppressStatusMessages = true);
        builder.Services.Configure<HostOptions>(static options =>
            options.ShutdownTimeout = ServerLimits.Default.DrainTimeout + TimeSpan.FromSeconds(5));
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(new ServiceSettings(telnet, data));
        builder.Services.AddSingleton(ConsoleEndpoint.CreateServer);
        builder.Services.AddSingleton<IHostLifetime, Microsoft.Extensions.Hosting.Internal.ConsoleLifetime>();
        builder.Services.AddHostedService<ServerService>();
        builder.Services.AddHostedService<StatusService>();
        return builder.Build();
    }
}

/// <summary>What the command line said.</summary>
internal sealed record ServiceSettings(string Telnet, DirectoryInfo Data);

/// <summary>Starts the server, and drains it at the end.</summary>
internal sealed class ServerService(TcpServer server) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => server.StartAsync(cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => server.StopAsync();
}

/// <summary>Reads the sources once a second for all clients.</summary>
internal sealed class StatusService(TcpServer server, TimeProvider time, ILogger<StatusPublisher> logger)
    : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        new StatusPublisher([.. HostSources.Create(), new ServerSource(server)], new HubSink(server.Hub), time, logger)
            .RunAsync(stoppingToken);
}

/// <summary>
/// The first signal drains; a second one ends the process at once, as people who press Ctrl-C twice expect.
/// </summary>
internal sealed class SecondSignal : IDisposable
{
    private readonly List<PosixSignalRegistration> _registrations = [];

    internal static SecondSignal EndsTheProcess(IHost host)
    {
        CancellationToken stopping = host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        var second = new SecondSignal();
        foreach (PosixSignal signal in new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM })
        {
            second._registrations.Add(PosixSignalRegistration.Create(signal, context =>
            {
                if (stopping.IsCancellationRequested)
                    Environment.Exit(128 + (context.Signal == PosixSignal.SIGINT ? 2 : 15));
            }));
        }
        return second;
    }

    public void Dispose() => _registrations.ForEach(static registration => registration.Dispose());
}
