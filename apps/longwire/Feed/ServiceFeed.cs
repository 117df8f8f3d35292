using Longwire.Service.Hosting;
using Longwire.Transport;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Longwire.Service.Feed;

/// <summary>
/// The service's Feed endpoint: everybody reads; who comes from this machine also publishes and runs commands.
/// </summary>
internal static class ServiceFeed
{
    /// <summary>The protocol's name in the configuration.</summary>
    public const string Name = "feed";

    /// <summary>Where it listens when nobody says.</summary>
    public const string DefaultAddress = "127.0.0.1:2324";

    public static void Configure(IServiceProvider services, EndpointBuilder<object?> endpoint)
    {
        ILogger logger = services.GetRequiredService<ILogger<ServiceHost>>();
        var commands = new ServiceCommands(
            new Lazy<TcpServer>(services.GetRequiredService<TcpServer>), logger);
        endpoint.UseFeed(feed => feed
            .Logging(logger)
            .AllowPublish(static (connection, topic) =>
                IsLocal(connection.Remote) && !topic.StartsWith('$'))
            .OnCommand(commands.AnswerAsync));
    }

    /// <summary>From this machine: by a loopback address or a Unix socket.</summary>
    public static bool IsLocal(PeerAddress peer) =>
        !peer.IsIP || System.Net.IPAddress.IsLoopback(((System.Net.IPEndPoint)peer.ToEndPoint()).Address);
}
