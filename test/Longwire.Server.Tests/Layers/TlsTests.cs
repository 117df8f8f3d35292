using System.Security.Authentication;
using System.Text;
using Longwire.Transport.Layers;

namespace Longwire.ServerTests;

/// <summary>TLS under lines and length prefixes, with a client on the framework's own stream.</summary>
public sealed class TlsTests
{
    public static TheoryData<PollerKind> Pollers => ServerBench.Pollers;

    [Theory, MemberData(nameof(Pollers))]
    public async Task Lines_are_echoed(PollerKind poller)
    {
        await using ServerBench bench = await Echo(poller);
        using TlsClient client = await TlsClient.Connect(bench.Address);
        for (int i = 0; i < 100; i++)
        {
            await client.Send($"hello {i}\n");
            Assert.Equal($"hello {i}", await client.ReadLine());
        }
    }

    [Theory, MemberData(nameof(Pollers))]
    public async Task What_TLS_agreed_on_is_the_connections_to_see(PollerKind poller)
    {
        var seen = new TaskCompletionSource<TlsSession?>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using ServerBench bench = await ServerBench.Start(poller, e => e
            .Framing(Lines.Utf8(maxBytes: 100))
            .UseTls(static tls => tls.Certificate(TestCertificates.ServerSource))
            .OnConnect(connection => seen.TrySetResult(connection.Tls))
            .OnMessage(static (connection, line) => connection.Send(line)));
        using TlsClient client = await TlsClient.Connect(bench.Address);
        TlsSession? session = await Wait.For(seen.Task, "the connection");
        Assert.NotNull(session);
        Assert.Equal(SslProtocols.Tls13, session.Version);
        Assert.Equal("localhost", session.ServerName);
        Assert.Equal("", session.ApplicationProtocol);
        Assert.Null(session.PeerCertificate);
        Assert.Equal(client.Stream.NegotiatedCipherSuite, session.CipherSuite);
    }

    [Theory, MemberData(nameof(Pollers))]
    public async Task A_request_in_the_segment_of_the_Finished_is_answered(PollerKind poller)
    {
        await using ServerBench bench = await Echo(poller);
        for (int i = 0; i < 1000; i++)
        {
            CorkedStream? cork = null;
            using TlsClient client = await TlsClient.Connect(
                bench.Address, wrap: below => cork = new CorkedStream(below));
            await client.Send($"early {i}\n");
            Assert.Equal(1, cork!.Sends); // the ClientHello
            Assert.Equal($"early {i}", await client.ReadLine());
            Assert.Equal(2, cork.Sends);
        }
    }

    [Theory, MemberData(nameof(Pollers))]
    public async Task A_close_is_a_close_notify_and_then_a_FIN(PollerKind poller)
    {
        await using ServerBench bench = await ServerBench.Start(poller, e => e
            .Framing(Lines.Utf8(maxBytes: 100))
            .UseTls(static tls => tls.Certificate(TestCertificates.ServerSource))
            .OnMessageInline(static (connection, line) =>
            {
                connection.Send(line);
                _ = connection.CloseAsync();
            }));
        using TlsClient client = await TlsClient.Connect(bench.Address);
        await client.Send("bye\n");
        Assert.Equal("bye", await client.ReadLine());
        Assert.Null(await client.ReadLine("the close_notify"));
        Assert.Equal(0, await Wait.For(client.Socket.ReceiveAsync(new byte[1]), "the FIN"));
    }

    [Theory, MemberData(nameof(Pollers))]
    public async Task Messages_around_the_record_limit_come_back_whole(PollerKind poller)
    {
        await using ServerBench bench = await ServerBench.Start(poller, e => e
            .Framing(LengthPrefix.BigEndian32(maxBytes: 1 << 20))
            .UseTls(static tls => tls.Certificate(TestCertificates.ServerSource))
            .OnMessageInline(static (connection, message) => connection.Send(message)));
        using TlsClient client = await TlsClient.Connect(bench.Address);
        foreach (int limit in (int[])[LayeredWire.BatchBytes, 16 << 10, 32 << 10, 64 << 10])
        {
            for (int size = limit - 6; size <= limit + 6; size++)
            {
                byte[] frame = new byte[size];
                Random.Shared.NextBytes(frame);
                System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(frame, size - 4);
                await client.Send(frame);
                Assert.Equal(frame, await client.ReadExactly(size, $"a frame of {size} bytes"));
            }
        }
    }

    [Theory, MemberData(nameof(Pollers))]
    public async Task A_peer_that_speaks_no_TLS_is_closed_and_counted(PollerKind poller)
    {
        await using ServerBench bench = await Echo(poller);
        using TestClient client = await bench.Connect();
        client.Send("GET / HTTP/1.1\r\n\r\n");
        await client.ReadToEnd();
        await Wait.Until(() => bench.Server.ConnectionCount == 0, "its place to be free");
        Assert.Contains(bench.Logs.Entries, static entry =>
            entry.Id.Id == 1105 && entry.Text.Contains("NotTheProtocol", StringComparison.Ordinal));
    }

    [Theory, MemberData(nameof(Pollers))]
    public async Task A_handshake_that_never_ends_is_closed_at_its_deadline(PollerKind poller)
    {
        await using ServerBench bench = await ServerBench.Start(poller, e => e
            .Framing(Lines.Utf8(maxBytes: 100))
            .Options(new EndpointOptions { HandshakeTimeout = TimeSpan.FromMilliseconds(100) })
            .UseTls(static tls => tls.Certificate(TestCertificates.ServerSource))
            .OnMessageInline(static (_, _) => { }));
        TestClient silent = await bench.Connect();
        TestClient half = await bench.Connect();
        half.Send([22, 3, 1, 2, 0, 1, 0]); // the beginning of a ClientHello of 512 bytes
        await silent.ExpectReset();
        await half.ExpectReset();
        await Wait.Until(() => bench.Server.ConnectionCount == 0, "their places to be free");
        Assert.Equal(2, bench.Logs.Entries.Count(static entry =>
            entry.Id.Id == 1105 && entry.Text.Contains("TimedOut", StringComparison.Ordinal)));
    }

    [Theory, MemberData(nameof(Pollers))]
    public async Task A_stop_ends_handshakes_that_are_under_way(PollerKind poller)
    {
        await using ServerBench bench = await Echo(poller);
        TestClient silent = await bench.Connect();
        TestClient half = await bench.Connect();
        half.Send([22, 3, 1, 2, 0, 1, 0]);
        await Wait.Until(() => bench.Server.ConnectionCount == 2, "both to be accepted");
        await bench.Stop(TimeSpan.FromSeconds(10));
        await silent.ExpectReset();
        await half.ExpectReset();
    }

    internal static Task<ServerBench> Echo(PollerKind poller) => ServerBench.Start(poller, e => e
        .Framing(Lines.Utf8(maxBytes: 4096))
        .UseTls(static tls => tls.Certificate(TestCertificates.ServerSource))
        .OnMessageInline(static (connection, line) => connection.Send(line)));
}
