using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Longwire.Hosting;

/// <summary>Longwire in a host.</summary>
public static class LongwireExtensions
{
    /// <summary>
    /// Adds a <see cref="TcpServer"/> that starts and drains with the host, with the protocols of the application and
    /// the settings of the section <c>longwire</c>.
    /// </summary>
    /// <remarks>
    /// The host's start fails with a <see cref="Settings.SettingsException"/> when something in the section is wrong,
    /// with one line for each mistake; with what <see cref="TcpServer.StartAsync"/> throws when no setting is to blame.
    /// <see cref="TcpServer"/>, <see cref="Hub"/>, <see cref="LongwireSettings"/> and
    /// <see cref="LongwireStatus"/> can be asked for.
    /// </remarks>
    /// <param name="services">The host's services.</param>
    /// <param name="configuration">The host's configuration, which has the section.</param>
    /// <param name="configure">What the application brings.</param>
    public static IServiceCollection AddLongwire(
        this IServiceCollection services, IConfiguration configuration, Action<LongwireBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configuration);
        ArgumentNullException.ThrowIfNull(configure);
        var builder = new LongwireBuilder(services);
        configure(builder);
        IConfigurationSection section = configuration.GetSection("longwire");
        return services
            .AddSingleton(provider => new ServerComposition(provider, builder, section))
            .AddSingleton(static provider => provider.GetRequiredService<ServerComposition>().Server)
            .AddSingleton(static provider => provider.GetRequiredService<ServerComposition>().Settings)
            .AddSingleton(static provider => provider.GetRequiredService<ServerComposition>().Status)
            .AddSingleton(static provider => provider.GetRequiredService<TcpServer>().Hub)
            .AddHostedService<LongwireService>();
    }

    /// <summary>
    /// Tells systemd when the host has started, stops, and lives: <c>Type=notify</c> and <c>WatchdogSec=</c> of a unit.
    /// Elsewhere it does nothing.
    /// </summary>
    public static IServiceCollection AddSystemdNotification(this IServiceCollection services) =>
        services.AddHostedService(static provider => new SystemdNotifier(
            provider.GetRequiredService<TcpServer>(), provider.GetService<TimeProvider>() ?? TimeProvider.System,
            provider.GetRequiredService<ILogger<SystemdNotifier>>(), Environment.GetEnvironmentVariable));
}
