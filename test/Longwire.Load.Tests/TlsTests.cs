using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using Longwire.Load.Results;
using Longwire.Load.Tls;

namespace Longwire.Load.Tests;

/// <summary>The clients' TLS against .NET's, and against what is no TLS.</summary>
public sealed class TlsTests
{
    public TlsTests() => Assert.SkipUnless(OperatingSystem.IsLinux(), "OpenSSL 3 by its Linux name.");

    [Theory]
    [InlineData("fanout --connections 50 --window 4 --duration 200ms", "full")]
    [InlineData("echo --connections 10 --size 16384 --duration 200ms", "full")]
    [InlineData("echo --connections 2 --size 1048576 --duration 200ms", "full")] // 64 records and a little more
    [InlineData("echo --connections 10 --rate 500 --duration 100ms", "full")]
    [InlineData("idle --steps 10,20 --settle 20ms", "full")]
    [InlineData("storm --connections 20 --duration 50ms", "full")]
    [InlineData("storm --connections 20 --duration 50ms --drop close", "full")]
    [InlineData("storm --connections 20 --duration 50ms --resume", "resumed")]
    public async Task A_good_server_gives_a_good_result(string arguments, string tls)
    {
        await using PushServer server = await PushServer.StartAsync();
        await using var front = Front.Tls(server.Address, SslProtocols.Tls13);

        (int code, LoadResult? result, string said) = await Captured.MeasureAsync(
            [.. arguments.Split(' '), "--tls", "--server", front.Address, "--server-pid", $"{Environment.ProcessId}"]);

        Assert.True(code == 0 && result is { Good: true }, said);
        Assert.Equal(tls, (string?)result.Parameters["tls"]);
        RunResult run = Assert.Single(result.Runs);
        Assert.True(run.Operations > 0);
        if (result.Scenario == "storm")
            Assert.Equal(tls == "resumed", run.Counts["resumedHandshakes"] > 0);
    }

    [Theory]
    [InlineData(Fault.DamagesBodies, "corrupted", "fanout --connections 100")]
    [InlineData(Fault.DropsConnections, "lostConnections", "fanout --connections 20")]
    public async Task A_server_that_is_wrong_is_found_out(Fault fault, string count, string arguments)
    {
        await using PushServer server = await PushServer.StartAsync(fault);
        await using var front = Front.Tls(server.Address, SslProtocols.Tls13);

        (int code, LoadResult? result, string said) = await Captured.MeasureAsync(
            [.. arguments.Split(' '), "--tls", "--duration", "200ms", "--server", front.Address]);

        Assert.True(code == 1 && result is { Good: false }, said);
        Assert.True(result.Runs[0].Counts[count] > 0, said);
    }

    [Fact]
    public async Task An_older_version_is_refused()
    {
        await using PushServer server = await PushServer.StartAsync();
        await using var front = Front.Tls(server.Address, SslProtocols.Tls12);

        (int code, _, string said) = await Captured.MeasureAsync(["echo", "--tls", "--server", front.Address]);

        Assert.Equal(1, code);
        Assert.Contains("protocol version", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_tls_is_said()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Task<(int, LoadResult?, string)> run = Captured.MeasureAsync(
            ["echo", "--connections", "1", "--tls", "--server", $"{listener.LocalEndpoint}"]);
        using Socket caller = await listener.AcceptSocketAsync(TestContext.Current.CancellationToken);
        await caller.SendAsync("HTTP/1.1 400 Bad Request\r\n"u8.ToArray());

        (int code, _, string said) = await run;

        Assert.Equal(1, code);
        Assert.Contains("wrong version number", said, StringComparison.Ordinal);
    }

    [Fact]
    public void A_session_moves_bytes_and_does_no_io()
    {
        using var context = new TlsContext(resumes: false);
        using TlsClient client = context.NewClient();

        client.Handshake();

        Assert.Equal((false, false, null), (client.IsConnected, client.IsEnded, client.Failure));
        byte[] hello = new byte[client.Pending];
        client.Take(hello);
        Assert.Equal((22, 0), (hello[0], client.Pending)); // a handshake record, RFC 8446 §5.1
        client.Put([21, 3, 3, 0, 2, 2, 40]); // the alert handshake_failure
        client.Handshake();
        Assert.Contains("handshake failure", client.Failure, StringComparison.Ordinal);
    }
}
