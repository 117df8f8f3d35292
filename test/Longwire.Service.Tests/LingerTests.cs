namespace Longwire.Service.Tests;

/// <summary>A peer that keeps its side open after our FIN, as nc does, holds a drain for a moment only.</summary>
public sealed class LingerTests
{
    [Fact]
    public async Task A_drain_waits_for_a_silent_peer_no_longer_than_the_linger_time()
    {
        await using var server = TcpServer.Create(builder => builder.Listen("127.0.0.1:0", endpoint => endpoint
            .Framing(Lines.Utf8(maxBytes: 100))
            .Options(EndpointOptions.Default with { LingerTimeout = TimeSpan.FromMilliseconds(100) })
            .Goodbye("bye"u8)
            .OnConnect(connection =>
            {
                connection.Send("# longwire 0.1.0 - type 'help'");
                return 0;
            })));
        await server.StartAsync(TestContext.Current.CancellationToken);
        using LineClient client = await LineClient.ConnectAsync(int.Parse(server.Addresses[0].Split(':')[^1]));

        Task stopped = server.StopAsync(TimeSpan.FromMinutes(10));

        Assert.Equal("bye", await client.ReadAsync("the goodbye"));
        Assert.Null(await client.TryReadAsync("the server's FIN"));
        await stopped.WaitAsync(LineClient.Deadline, TestContext.Current.CancellationToken); // for the drain to end
    }
}
