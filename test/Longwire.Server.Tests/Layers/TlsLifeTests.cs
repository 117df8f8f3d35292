using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Longwire.Primitives;

namespace Longwire.ServerTests;

/// <summary>TLS over time: new certificates, floods of handshakes, slow consumers, drains.</summary>
public sealed class TlsLifeTests
{
    /// <summary>Connected while the certificate changes: 200, or LONGWIRE_ROTATION_CLIENTS.</summary>
    private static readonly int s_liveClients =
        int.TryParse(Environment.GetEnvironmentVariable("LONGWIRE_ROTATION_CLIENTS"), out int clients) ? clients : 200;

    public static TheoryData<PollerKind> Pollers => ServerBench.Pollers;

    [Theory, MemberData(nameof(Pollers))]
    public async Task A_changed_certificate_is_shown_to_new_clients_and_nobody_is_lost(PollerKind poller)
    {
        using var folder = new CertificateFolder();
        using X509Certificate2 old = TestCertificates.Issue("localhost");
        using X509Certificate2 renewed = TestCertificates.Issue("localhost");
        (string certificate, string key) = folder.WritePair("server", old);
        await using ServerBench bench = await ServerBench.Start(poller, e => e
            .Framing(Lines.Utf8(maxBytes: 100))
            .UseTls(tls => tls.Certificate(certificate, key).ReloadInterval(TimeSpan.FromMilliseconds(1)))
            .OnMessageInline(static (connection, line) => connection.Send(line)));
        var clients = new List<TlsClient>();
        try
        {
            for (int i = 0; i < s_liveClients; i++)
                clients.Add(await TlsClient.Connect(bench.Address));
            Assert.All(clients, client => Assert.Equal(old.Thumbprint, Shown(client)));

            // The key first: for a moment the pair does not match, and the old one stays.
            folder.Write("server.key", CertificateFolder.KeyPem(renewed));
            clients.Add(await TlsClient.Connect(bench.Address));
            Assert.Equal(old.Thumbprint, Shown(clients[^1]));
            bench.ExpectedErrors.Add("keeps its certificates");
            folder.Write("server.pem", renewed.ExportCertificatePem());
            for (int i = 0; i < 50; i++)
            {
                clients.Add(await TlsClient.Connect(bench.Address));
                await clients[^1].Send($"new {i}\n");
                Assert.Equal($"new {i}", await clients[^1].ReadLine());
            }
            Assert.Equal(renewed.Thumbprint, Shown(clients[^1]));
            foreach (TlsClient client in clients)
            {
                await client.Send("still there\n");
                Assert.Equal("still there", await client.ReadLine());
            }
            Assert.Equal(s_liveClients + 51, bench.Server.ConnectionCount);
        }
        finally
        {
            clients.ForEach(static client => client.Dispose());
        }
        Assert.Single(bench.Logs.Entries, static entry => entry.Id.Id == 1106);
        Assert.Single(bench.Logs.Entries, static entry => entry.Id.Id == 1107);
    }

    private static string Shown(TlsClient client) => ((X509Certificate2)client.Stream.RemoteCertificate!).Thumbprint;

    [Theory, MemberData(nameof(Pollers))]
    public async Task At_the_pools_ceiling_records_leave_as_long_as_the_socket_takes_them(PollerKind poller)
    {
        var reasons = new Events();
        await using ServerBench bench = await ServerBench.Start(
            poller,
            e => e
                .Framing(Lines.Utf8(maxBytes: 100))
                .UseTls(static tls => tls.Certificate(TestCertificates.ServerSource))
                .OnMessage(static (_, _) => { })
                .OnClosed((_, reason) => reasons.Add($"{reason}")),
            static o => o.Loops(1).Memory(new SlabPoolOptions { CeilingBytes = 4 << 20 }));
        TopicFilter all = TopicFilter.Parse("#");
        bench.Server.Hub.Publish("a", "value"u8);
        using TlsClient first = await TlsClient.Connect(bench.Address);
        Connection connection = await bench.OnlyConnection();
        connection.Subscribe(all);
        Assert.Equal("value", await first.ReadLine()); // encoded, and held by the topic
        connection.Unsubscribe(all);
        // A block that a write has not given back yet would be memory for the next one.
        await Wait.Until(
            async () => (await bench.Snapshot(connection.Id)).OutboxBytes == 0, "the first value to be sent");
        var taken = new List<Lease>();
        for (int size = 1 << 20; size > 0; size /= 2)
        {
            while (bench.Server.Pool.TryRent(size, LeaseOwner.Message, out Lease? lease))
                taken.Add(lease);
        }
        connection.Subscribe(all);
        if (poller == PollerKind.Epoll)
            Assert.Equal("value", await first.ReadLine());
        else
            await reasons.Until($"{CloseReason.MemoryPressure}"); // its sends need memory that stays where it is
        taken.ForEach(static lease => lease.Return());
    }

    [Theory, MemberData(nameof(Pollers))]
    public async Task Handshakes_that_never_end_do_not_keep_others_out(PollerKind poller)
    {
        await using ServerBench bench = await ServerBench.Start(
            poller,
            e => e
                .Framing(Lines.Utf8(maxBytes: 100))
                .Options(new EndpointOptions { HandshakeTimeout = TimeSpan.FromSeconds(3) })
                .UseTls(static tls => tls.Certificate(TestCertificates.ServerSource))
                .OnMessageInline(static (connection, line) => connection.Send(line)),
            static o => o.Limits(new ServerLimits { MaxConcurrentHandshakes = 1 }));
        var stuck = new List<TestClient>();
        for (int i = 0; i < 200; i++)
        {
            TestClient client = await bench.Connect();
            if (i % 2 == 0)
                client.Send([22, 3, 1, 2, 0, 1, 0]);
            stuck.Add(client);
        }
        using (TlsClient healthy = await TlsClient.Connect(bench.Address))
        {
            await healthy.Send("hello\n");
            Assert.Equal("hello", await healthy.ReadLine());
        }
        foreach (TestClient client in stuck)
            await client.ExpectReset();
        await Wait.Until(() => bench.Server.ConnectionCount == 0, "their places to be free");
        Assert.Equal(200, bench.Logs.Entries.Count(static entry =>
            entry.Id.Id == 1105 && entry.Text.Contains("TimedOut", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Clients_that_wait_for_their_handshake_count_in_the_admission()
    {
        await using ServerBench bench = await ServerBench.Start(
            PollerKind.Automatic,
            e => e
                .Framing(Lines.Utf8(maxBytes: 100))
                .UseTls(static tls => tls.Certificate(TestCertificates.ServerSource))
                .OnMessageInline(static (_, _) => { }),
            static o => o.Limits(new ServerLimits { MaxConnectionsPerAddress = 2 }));
        await bench.Connect();
        await bench.Connect();
        await Wait.Until(() => bench.Server.ConnectionCount == 2, "two places to be taken");
        using var third = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        var target = IPEndPoint.Parse(bench.Address["tcp://".Length..]);
        await Task.WhenAny(third.ConnectAsync(target, TestContext.Current.CancellationToken).AsTask());
        await Wait.Until(
            () => bench.Logs.Entries.Any(static entry =>
                entry.Text.Contains(nameof(CloseReason.TooManyFromAddress), StringComparison.Ordinal)),
            "the third to be refused");
    }

    [Theory, MemberData(nameof(Pollers))]
    public async Task Garbage_instead_of_a_handshake_costs_its_sender_only(PollerKind poller)
    {
        await using ServerBench bench = await TlsTests.Echo(poller);
        var random = new Random(4);
        for (int i = 0; i < 300; i++)
        {
            byte[] garbage = new byte[random.Next(1, 2000)];
            random.NextBytes(garbage);
            if (i % 2 == 0) // what begins like a record of a handshake, with a length of its own
                (garbage[0], garbage[^1]) = (22, 3);
            if (i % 4 == 0 && garbage.Length > 6)
            {
                int length = garbage.Length - 5;
                ((byte[])[22, 3, 1, (byte)(length >> 8), (byte)length, 1]).CopyTo(garbage, 0);
            }
            using TestClient client = await TestClient.Connect(bench.Address);
            client.Send(garbage);
            client.Finish();
        }
        await Wait.Until(() => bench.Server.ConnectionCount == 0, "all places to be free");
        using TlsClient healthy = await TlsClient.Connect(bench.Address);
        await healthy.Send("hello\n");
        Assert.Equal("hello", await healthy.ReadLine());
        Assert.Equal(300, bench.Logs.Entries.Count(static entry => entry.Id.Id == 1105));
    }

    [Theory, MemberData(nameof(Pollers))]
    public async Task A_damaged_record_ends_the_connection(PollerKind poller)
    {
        await using ServerBench bench = await TlsTests.Echo(poller);
        using TlsClient client = await TlsClient.Connect(bench.Address);
        await client.Send("hello\n");
        Assert.Equal("hello", await client.ReadLine());
        byte[] record = new byte[69];
        ((byte[])[23, 3, 3, 0, 64]).CopyTo(record, 0); // application data that nobody encrypted
        await client.Socket.SendAsync(record);
        await Wait.Until(
            () => bench.Logs.Entries.Any(static entry =>
                entry.Text.Contains($"closed: {CloseReason.MalformedFrame}", StringComparison.Ordinal)),
            "the connection's end");
    }

    [Theory, MemberData(nameof(Pollers))]
    public async Task A_slow_consumer_ends_with_the_last_value_of_each_topic(PollerKind poller)
    {
        await using ServerBench bench = await ServerBench.Start(poller, e => e
            .Framing(Lines.Utf8(maxBytes: 1 << 16))
            .Options(new EndpointOptions { OutboxBytes = 64 << 10 })
            .UseTls(static tls => tls.Certificate(TestCertificates.ServerSource))
            .OnMessageInline(static (connection, line) =>
            {
                connection.Subscribe(TopicFilter.Parse(line.ToString()));
                connection.Send("subscribed");
            }));
        using TlsClient client = await TlsClient.Connect(bench.Address, receiveBuffer: 4096);
        await client.Send("t/#\n");
        Assert.Equal("subscribed", await client.ReadLine());
        string padding = new('x', 2000);
        for (int i = 0; i <= 5000; i++)
        {
            for (int topic = 0; topic < 5; topic++)
                bench.Hub.Publish($"t/{topic}", System.Text.Encoding.UTF8.GetBytes($"{topic} {i} {padding}"));
        }
        var last = new string[5];
        var next = new int[5];
        while (last.Any(static value => value != "5000"))
        {
            string[] line = (await client.ReadLine("the last values"))!.Split(' ');
            int topic = int.Parse(line[0], System.Globalization.CultureInfo.InvariantCulture);
            int number = int.Parse(line[1], System.Globalization.CultureInfo.InvariantCulture);
            Assert.True(number >= next[topic], $"{number} after {next[topic]}");
            Assert.Equal(padding, line[2]);
            next[topic] = number + 1;
            last[topic] = line[1];
        }
        Assert.True(bench.Server.Snapshot().Conflated > 0, "nothing was conflated");
    }

    [Theory, MemberData(nameof(Pollers))]
    public async Task A_drain_says_goodbye_inside_TLS(PollerKind poller)
    {
        await using ServerBench bench = await ServerBench.Start(poller, e => e
            .Framing(Lines.Utf8(maxBytes: 100))
            .Goodbye("goodbye"u8)
            .UseTls(static tls => tls.Certificate(TestCertificates.ServerSource))
            .OnMessageInline(static (connection, line) => connection.Send(line)));
        using TlsClient client = await TlsClient.Connect(bench.Address);
        await client.Send("hello\n");
        Assert.Equal("hello", await client.ReadLine());
        Task stopped = bench.Stop(TimeSpan.FromSeconds(10));
        Assert.Equal("goodbye", await client.ReadLine());
        Assert.Null(await client.ReadLine("the close_notify"));
        client.Dispose();
        await stopped;
    }

    [Theory, MemberData(nameof(Pollers))]
    public async Task Idle_connections_hold_no_buffer_of_ours(PollerKind poller)
    {
        await using ServerBench bench = await TlsTests.Echo(poller);
        var clients = new List<TlsClient>();
        for (int i = 0; i < 50; i++)
        {
            clients.Add(await TlsClient.Connect(bench.Address));
            await clients[i].Send("hello\n");
            Assert.Equal("hello", await clients[i].ReadLine());
        }
        // The loops' receive slabs are all that is on loan.
        await Wait.Until(
            () => bench.Server.Pool.Snapshot().Leases == bench.Server.Hosts.Count, "all other leases to be returned");
        clients.ForEach(static client => client.Dispose());
    }

    [Theory, MemberData(nameof(Pollers))]
    public async Task A_large_answer_to_a_reader_that_waits_comes_whole(PollerKind poller)
    {
        byte[] answer = new byte[8 << 20];
        Random.Shared.NextBytes(answer);
        await using ServerBench bench = await ServerBench.Start(poller, e => e
            .Framing(LengthPrefix.BigEndian32(maxBytes: 16 << 20))
            .Options(new EndpointOptions { OutboxBytes = 32 << 20 })
            .UseTls(static tls => tls.Certificate(TestCertificates.ServerSource))
            .OnMessageInline((connection, _) => connection.Send(answer)));
        using TlsClient client = await TlsClient.Connect(bench.Address, receiveBuffer: 8192);
        await client.Send([0, 0, 0, 1, 1]);
        Connection connection = await bench.OnlyConnection();
        Task flushed = connection.FlushAsync(TestContext.Current.CancellationToken);
        byte[] frame = await client.ReadExactly(answer.Length + 4);
        Assert.Equal(answer, frame[4..]);
        await Wait.For(flushed, "the flush");
    }
}
