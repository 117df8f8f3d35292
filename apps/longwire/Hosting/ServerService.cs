using Microsoft.Extensions.Hosting;

namespace Longwire.Service.Hosting;

/// <summary>Starts the server with the host, says where it listens, and drains it.</summary>
internal sealed class ServerService(TcpServer server, ServeSettings settings, TextWriter output) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await server.StartAsync(cancellationToken);
        foreach (string address in server.Addresses)
            await output.WriteLineAsync(Announcement.For(address, settings.Tls is not null));
        await output.FlushAsync(cancellationToken);
    }

    // The server ends each connection by its own drain deadline, which is well within the host's.
    public Task StopAsync(CancellationToken cancellationToken) => server.StopAsync();
}
