using System.Net;
using System.Net.Sockets;
using System.Text;
using Longwire.Primitives;
using Longwire.Transport;

namespace Longwire.ServerTests;

/// <summary>Behind a balancer: whose a connection is, and what becomes of those that do not say so.</summary>
public sealed class ProxyProtocolTests
{
    private const string Header = "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n";
    private const string Local = "\r\n\r\n\0\r\nQUIT\n\u0020\0\0\0";
    private const string Binary =
        "\r\n\r\n\0\r\nQUIT\n\u0021\u0011\0\u000C\u00C0\0\u0002\u0001\u00C6\u00336\u0001\u00DC\u0004\u0001\u00BB";

    public static TheoryData<PollerKind> Pollers => ServerBench.Pollers;

    public static MatrixTheoryData<PollerKind, string> Headers => new(
        Pollers.Select(static row => row.Data),
        [Header, Binary, "PROXY TCP6 2001:db8::1 ::1 56324 443\r\n", "PROXY UNKNOWN\r\n", Local]);

    [Theory]
    [MemberData(nameof(Headers))]
    public async Task The_client_is_who_the_proxy_says_it_is(PollerKind poller, string header)
    {
        await using ServerBench bench = await Start(poller);
        byte[] stream = [.. Encoding.Latin1.GetBytes(header), .. "who\n"u8];
        TestClient whole = await bench.Connect();
        TestClient bytes = await bench.Connect();
        whole.Send(stream);
        for (int i = 0; i < stream.Length; i++)
            bytes.Send(stream.AsSpan(i, 1));
        foreach (TestClient client in (TestClient[])[whole, bytes])
        {
            string expected = header.Contains("2001", StringComparison.Ordinal) ? "[2001:db8::1]:56324"
                : header is Header or Binary ? "192.0.2.1:56324" : client.Socket.LocalEndPoint!.ToString()!;
            Assert.Equal(expected, await client.ReadLine());
            IReadOnlyList<ConnectionSnapshot> all =
                await bench.Server.GetConnectionsAsync(TestContext.Current.CancellationToken);
            Assert.Contains(all, connection => connection.Remote.ToString() == expected);
            Assert.Contains(bench.Logs.Entries, entry => entry.Text.Contains($"from {expected} connected"));
        }
        Assert.Equal((2, 0), (bench.Server.Snapshot().Accepted, bench.Server.Snapshot().Refused));
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task Who_is_not_trusted_is_refused(PollerKind poller)
    {
        await using ServerBench bench = await Start(poller);
        await ExpectRefusal(bench, IPAddress.Parse("127.0.0.2"));
        await Refused(bench, CloseReason.UntrustedProxy, "127.0.0.2");
        TestClient proxy = await bench.Connect();
        proxy.Send(Header + "who\n");
        Assert.Equal("192.0.2.1:56324", await proxy.ReadLine());
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task Anything_but_a_header_is_refused_at_its_first_byte(PollerKind poller)
    {
        await using ServerBench bench = await Start(poller);
        TestClient client = await bench.Connect();
        client.Send("G");
        await client.ExpectReset();
        await Refused(bench, CloseReason.InvalidProxyHeader, "127.0.0.1");
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task A_header_has_a_deadline(PollerKind poller)
    {
        await using ServerBench bench = await Start(poller, headerTimeout: TimeSpan.FromMilliseconds(60));
        TestClient silent = await bench.Connect();
        TestClient slow = await bench.Connect();
        slow.Send("PROXY TCP4 192.0");
        await silent.ExpectReset();
        await slow.ExpectReset();
        await Refused(bench, CloseReason.ProxyHeaderTimeout, "127.0.0.1", count: 2);
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task A_proxy_that_leaves_is_counted_and_no_warning(PollerKind poller)
    {
        await using ServerBench bench = await Start(poller);
        TestClient finished = await bench.Connect();
        finished.Send("PROXY");
        finished.Finish();
        await finished.ExpectReset();
        await Left(bench, 1, CloseReason.PeerClosed);
        (await bench.Connect()).Reset();
        await Left(bench, 2, CloseReason.PeerReset);
        Assert.DoesNotContain(bench.Logs.Entries, static entry => entry.Id.Id == 1103);
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task Limits_per_address_count_clients_and_not_the_proxy(PollerKind poller)
    {
        var limits = new ServerLimits { MaxConnectionsPerAddress = 1 };
        await using ServerBench bench = await Start(poller, limits);
        TestClient first = await bench.Connect();
        first.Send(Header + "who\n");
        Assert.Equal("192.0.2.1:56324", await first.ReadLine());
        TestClient second = await bench.Connect();
        second.Send("PROXY TCP4 192.0.2.2 198.51.100.1 1 443\r\nwho\n");
        Assert.Equal("192.0.2.2:1", await second.ReadLine());
        TestClient again = await bench.Connect();
        again.Send("PROXY TCP4 192.0.2.1 198.51.100.1 2 443\r\n");
        await again.ExpectReset();
        await Refused(bench, CloseReason.TooManyFromAddress, "192.0.2.1");
        first.Finish();
        Assert.Null(await first.ReadLine());
        await Wait.Until(() => bench.Server.ConnectionCount == 1, "the first client's place");
        TestClient later = await bench.Connect();
        later.Send(Header + "who\n");
        Assert.Equal("192.0.2.1:56324", await later.ReadLine());
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task A_proxy_that_says_nothing_takes_a_place(PollerKind poller)
    {
        await using ServerBench bench = await Start(poller, new ServerLimits { MaxConnections = 1 });
        TestClient silent = await bench.Connect();
        await Wait.Until(() => bench.Server.ConnectionCount == 1, "the silent proxy's place");
        await ExpectRefusal(bench, IPAddress.Loopback);
        await Refused(bench, CloseReason.TooManyConnections, "127.0.0.1");
        silent.Send(Header + "who\n");
        Assert.Equal("192.0.2.1:56324", await silent.ReadLine());
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task A_drain_waits_for_no_header(PollerKind poller)
    {
        await using ServerBench bench = await Start(poller, headerTimeout: TimeSpan.FromMinutes(5));
        TestClient silent = await bench.Connect();
        await Wait.Until(() => bench.Server.ConnectionCount == 1, "the silent proxy's place");
        await bench.Stop(TimeSpan.FromMinutes(5));
        await silent.ExpectReset();
        await Refused(bench, CloseReason.ServerShutdown, "127.0.0.1");
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task Peers_of_a_Unix_socket_can_be_trusted(PollerKind poller)
    {
        string folder = Directory.CreateTempSubdirectory("longwire-proxy").FullName;
        string path = Path.Combine(folder, "s");
        try
        {
            await using ServerBench bench = await ServerBench.Start(
                poller, static e => Configure(e), o => o.Listen($"unix://{path}", static e => Configure(e, "unix")));
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), TestContext.Current.CancellationToken);
            await socket.SendAsync(Encoding.ASCII.GetBytes(Header + "who\n"));
            byte[] answer = new byte[100];
            int count = await Wait.For(socket.ReceiveAsync(answer), "the answer");
            Assert.Equal("192.0.2.1:56324\n", Encoding.ASCII.GetString(answer, 0, count));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task Socat_sends_a_header_and_more_in_one_piece(PollerKind poller)
    {
        await using ServerBench bench = await Start(poller);
        byte[] input = [.. Encoding.Latin1.GetBytes(Binary), .. "who\n"u8];
        byte[] output = await Tool.Run("socat", input, "-t10", "-", $"TCP:{bench.Address["tcp://".Length..]}");
        Assert.Equal("192.0.2.1:56324\n", Encoding.ASCII.GetString(output));
    }

    /// <summary>Its health checks speak for themselves (LOCAL), and its clients keep their addresses.</summary>
    [Theory]
    [InlineData(PollerKind.Automatic, "send-proxy")]
    [InlineData(PollerKind.Automatic, "send-proxy-v2")]
    [InlineData(PollerKind.Automatic, "send-proxy-v2 proxy-v2-options unique-id,crc32c")]
    [InlineData(PollerKind.Socket, "send-proxy-v2 proxy-v2-options crc32c")]
    public async Task Haproxy_is_understood(PollerKind poller, string how)
    {
        await using ServerBench bench = await Start(poller);
        string folder = Directory.CreateTempSubdirectory("longwire-haproxy").FullName;
        string front = Path.Combine(folder, "front");
        string file = Path.Combine(folder, "haproxy.cfg");
        try
        {
            // The client comes by a PROXY header, too, so that its address is none of this machine's.
            await File.WriteAllTextAsync(file, $"""
                defaults
                  mode tcp
                  timeout connect 5s
                  timeout client 20s
                  timeout server 20s
                listen front
                  bind unix@{front} accept-proxy
                  unique-id-format %ci
                  server back {bench.Address["tcp://".Length..]} {how} check inter 50ms

                """, TestContext.Current.CancellationToken);
            await using Tool haproxy = Tool.Start("haproxy", "-q", "-db", "-f", file);
            await Wait.Until(() => bench.Server.Snapshot().Accepted > 1, "two health checks");
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(front), TestContext.Current.CancellationToken);
            await socket.SendAsync(Encoding.ASCII.GetBytes(Header + "who\n"));
            byte[] answer = new byte[100];
            int count = await Wait.For(socket.ReceiveAsync(answer), "the answer through haproxy");
            Assert.Equal("192.0.2.1:56324\n", Encoding.ASCII.GetString(answer, 0, count));
            Assert.DoesNotContain(bench.Logs.Entries, static entry => entry.Id.Id == 1103);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("needs at least one")]
    [InlineData("'10.0.0.0/33' is no address, no network", "127.0.0.1", "10.0.0.0/33")]
    [InlineData("'localhost' is no address", "localhost")]
    [InlineData("'10' is no address", "10")] // 0.0.0.10
    [InlineData("'10.1' is no address", "10.1")]
    public void A_list_of_proxies_that_is_none_is_refused(string expected, params string[] trusted)
    {
        ArgumentException refused = Assert.Throws<ArgumentException>(() => TcpServer.Create(o => o
            .Listen("tcp://127.0.0.1:0", e => Configure(e).UseProxyProtocol(trusted))));
        Assert.Contains("tcp://127.0.0.1:0: UseProxyProtocol", refused.Message, StringComparison.Ordinal);
        Assert.Contains(expected, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void No_list_is_no_way_to_trust_everybody() =>
        Assert.Throws<ArgumentNullException>(() => TcpServer.Create(o => o
            .Listen("tcp://127.0.0.1:0", static e => Configure(e).UseProxyProtocol(null!))));

    [Theory]
    [InlineData("10.0.0.0/8", "10.0.0.7", true)]
    [InlineData("10.0.0.0/8", "::ffff:10.0.0.7", true)] // as a dual-stack listener sees it
    [InlineData("::ffff:10.0.0.7", "10.0.0.7", true)]
    [InlineData("::ffff:10.0.0.7", "10.0.0.8", false)]
    [InlineData("::ffff:10.0.0.0/104", "::ffff:10.9.9.9", true)]
    [InlineData("::ffff:10.0.0.0/104", "11.0.0.0", false)]
    [InlineData("fd00::/8", "fd00::1", true)]
    [InlineData("fd00::/8", "10.0.0.7", false)]
    public void Networks_of_both_kinds_are_compared_as_peers_are_written(string trusted, string peer, bool expected)
    {
        var proxies = TrustedProxies.Parse("tcp://[::]:0", [trusted]);
        Assert.Equal(expected, proxies.Contains(PeerAddress.From(new IPEndPoint(IPAddress.Parse(peer), 1))));
    }

    [Fact]
    public void Leaving_by_another_name_harms_nobody()
    {
        var admission = new Admission(new ServerLimits { MaxConnectionsPerAddress = 1 });
        PeerAddress one = PeerAddress.From(new IPEndPoint(IPAddress.Parse("192.0.2.1"), 1));
        PeerAddress other = PeerAddress.From(new IPEndPoint(IPAddress.Parse("192.0.2.2"), 1));
        Assert.Equal(CloseReason.None, admission.TryEnter(one));
        admission.Leave(other);
        Assert.Equal(0, admission.Connections);
        Assert.Equal(CloseReason.TooManyFromAddress, admission.TryEnter(one)); // the price: its place is not known
        Assert.Equal(CloseReason.None, admission.TryEnter(other));
    }

    [Fact]
    public void A_deadline_of_nothing_is_refused()
    {
        ArgumentException refused = Assert.Throws<ArgumentException>(() => TcpServer.Create(o => o
            .Listen("tcp://127.0.0.1:0", static e => Configure(e)
                .Options(new EndpointOptions { ProxyHeaderTimeout = TimeSpan.Zero }))));
        Assert.Contains("ProxyHeaderTimeout must be a positive time", refused.Message, StringComparison.Ordinal);
    }

    private static Task<ServerBench> Start(
        PollerKind poller, ServerLimits? limits = null, TimeSpan? headerTimeout = null) => ServerBench.Start(
            poller,
            e => Configure(e).Options(new EndpointOptions
            {
                ProxyHeaderTimeout = headerTimeout ?? EndpointOptions.Default.ProxyHeaderTimeout,
            }),
            o => o.Limits(limits ?? ServerLimits.Default));

    private static EndpointBuilder<object?> Configure(
        EndpointBuilder<object?> endpoint, string trusted = "127.0.0.1") => endpoint
            .Framing(Lines.Utf8(maxBytes: 100)).UseProxyProtocol(trusted, "10.0.0.0/8", "fd00::/8")
            .OnMessageInline(static (connection, _) => connection.Send(connection.Remote.ToString()));

    /// <summary>The reset may be faster than the connect.</summary>
    private static async Task ExpectRefusal(ServerBench bench, IPAddress from)
    {
        try
        {
            using TestClient client = await TestClient.Connect(bench.Address, from: from);
            await client.ExpectReset();
        }
        catch (SocketException exception)
        {
            Assert.Equal(SocketError.ConnectionReset, exception.SocketErrorCode);
        }
    }

    private static async Task Refused(ServerBench bench, CloseReason reason, string from, int count = 1)
    {
        await Wait.Until(() => bench.Server.Snapshot().Refused >= count, "the refusal's count");
        string[] lines = [.. bench.Logs.Entries.Where(static entry => entry.Id.Id == 1103).Select(static e => e.Text)];
        Assert.Equal(count, lines.Length);
        Assert.All(lines, line => Assert.Matches($"^Connection from {from}:[0-9]+ refused: {reason} ", line));
        Assert.Equal(count, bench.Server.Snapshot().Refused);
    }

    private static async Task Left(ServerBench bench, int count, CloseReason reason)
    {
        await Wait.Until(() => bench.Server.Snapshot().Refused >= count, "the count of those who left");
        Assert.Contains($": {reason} ", bench.Logs.Entries.Last(static e => e.Id.Id == 1108).Text);
    }
}
