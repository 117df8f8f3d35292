using Longwire.Service.Hosting;
using Longwire.Transport;
using Microsoft.Extensions.Logging;

namespace Longwire.Service.Tests;

/// <summary>The whole service in this process on a port of the system's choice; it must log no warning.</summary>
public sealed class RunningService : IAsyncLifetime
{
    private readonly LogLines _log = new();
    private readonly StringWriter _output = new();
    private ServiceHost _host = null!;

    internal TcpServer Server => _host.Server;

    internal string Output => _output.ToString();

    internal int Port { get; private set; }

    public async ValueTask InitializeAsync()
    {
        _host = new ServiceHost(TestConfiguration.Console(), _output, logging =>
        {
            logging.SetMinimumLevel(LogLevel.Debug);
            logging.AddProvider(_log);
        });
        await _host.StartAsync();
        Port = ((System.Net.IPEndPoint)ListenAddress.Parse(Server.Addresses[0]).EndPoint).Port;
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        await _host.DisposeAsync();
        Assert.Empty(_log.Troubles);
        _log.Dispose();
        await _output.DisposeAsync();
    }

    internal Task<LineClient> ConnectAsync() => LineClient.ConnectAsync(Port);

    internal Task WaitForLogAsync(string text) => _log.WaitForAsync(text);
}
