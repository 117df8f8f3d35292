using Microsoft.Extensions.Hosting;

namespace Longwire.Hosting;

/// <summary>Starts the server with the host, and drains it.</summary>
internal sealed class LongwireService(ServerComposition composition) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => composition.StartAsync(cancellationToken);

    // The server ends each connection by its own drain deadline, which the host's should exceed.
    public Task StopAsync(CancellationToken cancellationToken) => composition.Server.StopAsync();
}
