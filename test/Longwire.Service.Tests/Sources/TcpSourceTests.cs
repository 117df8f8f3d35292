using System.Net;
using System.Net.Sockets;
using Longwire.Service.Sources.Configuration;

namespace Longwire.Service.Tests.Sources;

public sealed class TcpSourceTests
{
    private const string Topic = "net/db";

    [Fact]
    public async Task The_time_to_connect_is_published_and_the_connection_closed()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var run = new SourceRun(Tcp(((IPEndPoint)listener.LocalEndpoint).Port));
        Assert.Matches("""^\{"state":"ok","connect_ms":[0-9.]+\}$""", await run.ReadAsync(Topic));
        using TcpClient accepted = await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
        Assert.Equal(
            0, await accepted.GetStream().ReadAsync(new byte[1], TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_refused_connection_is_a_failure()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        using var run = new SourceRun(Tcp(port));
        Assert.StartsWith(
            $$"""{"state":"failed","error":"No connection to 127.0.0.1:{{port}}: """, await run.ReadAsync(Topic));
    }

    private static TcpOptions Tcp(int port) => new("db", Topic, SourceRun.Schedule(Topic), "127.0.0.1", port);
}
