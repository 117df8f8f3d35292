using System.IO.Compression;
using System.Net.Sockets;
using System.Text;
using Longwire.Primitives;
using Longwire.Transport.Layers;

namespace Longwire.ServerTests;

/// <summary>Endpoints that compress, with inflating clients.</summary>
public sealed class DeflateTests
{
    private static readonly TopicFilter s_all = TopicFilter.Parse("#");

    public static TheoryData<PollerKind> Pollers => ServerBench.Pollers;

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task Shared_messages_and_replies_interleave(PollerKind poller)
    {
        await using ServerBench bench = await ServerBench.Start(poller, static e => Configure(e).UseDeflate());
        TestClient[] clients = [await bench.Connect(), await bench.Connect()];
        StreamReader[] readers = [.. clients.Select(Inflating)];
        await Subscribe(clients, readers);
        for (int i = 1; i <= 50; i++)
        {
            bench.Hub.Publish("shared", Encoding.ASCII.GetBytes($"{new string('s', 10 * i)}{i}"));
            foreach (TestClient client in clients)
                client.Send($"{new string('p', 7 * i)}{i}\n");
        }
        foreach (StreamReader reader in readers)
        {
            for (int shared = 0, replies = 0; shared + replies < 100;)
            {
                string line = (await Line(reader, $"line {shared + replies}"))!;
                string expected = line.StartsWith('s')
                    ? $"{new string('s', 10 * ++shared)}{shared}"
                    : $"{new string('p', 7 * ++replies)}{replies}";
                Assert.Equal(expected, line);
            }
        }
    }

    /// <summary>One compressed frame for everybody.</summary>
    [Fact]
    public async Task A_broadcast_is_compressed_once()
    {
        var codec = new CountingCodec(Lines.Utf8(maxBytes: 10_000));
        await using ServerBench bench = await ServerBench.Start(
            PollerKind.Automatic, e => Configure(e).Framing(codec).UseDeflate(), o => o.Loops(1));
        TestClient[] clients = [await bench.Connect(), await bench.Connect(), await bench.Connect()];
        StreamReader[] readers = [.. clients.Select(Inflating)];
        await Subscribe(clients, readers);
        PublishResult result = bench.Hub.Publish("shared", Encoding.ASCII.GetBytes(new string('x', 5000)));
        Assert.Equal(3, result.Matched);
        foreach (StreamReader reader in readers)
            Assert.Equal(new string('x', 5000), await Line(reader, "the message"));
        Assert.Equal(clients.Length + 1, codec.Encoded); // their replies, and the message
        Assert.InRange(bench.Server.Snapshot().BytesSent, 0, 3 * (100 + 11)); // counted after they are sent
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task Peers_may_send_compressed(PollerKind poller)
    {
        await using ServerBench bench = await ServerBench.Start(poller, static e => Configure(e)
            .UseDeflate(new DeflateOptions { Inbound = InflateOptions.Default }));
        TestClient client = await bench.Connect();
        StreamReader reader = Inflating(client);
        var sent = new MemoryStream();
        await using var deflater = new DeflateStream(sent, CompressionLevel.Optimal);
        var expected = new List<string>();
        for (int i = 0; i < 200; i++)
        {
            string line = string.Join(',', Enumerable.Range(i * 7, i));
            expected.Add(line);
            deflater.Write(Encoding.ASCII.GetBytes(line + "\n")); // one stream, with takeover
            if (i % 3 == 0)
                deflater.Flush();
        }
        deflater.Flush();
        byte[] bytes = sent.ToArray();
        for (int i = 0; i < bytes.Length; i += 700)
            client.Send(bytes.AsSpan(i, Math.Min(700, bytes.Length - i)));
        foreach (string line in expected)
            Assert.Equal(line, await Line(reader, "an echo"));
        client.Finish();
        Assert.Null(await Line(reader, "the FIN"));
        await Closed(bench, CloseReason.PeerClosed);
    }

    /// <summary>The greeting comes before the peer has sent anything.</summary>
    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task A_server_that_speaks_first_is_not_kept_waiting(PollerKind poller)
    {
        await using ServerBench bench = await ServerBench.Start(poller, static e => e
            .Framing(Lines.Utf8(maxBytes: 100))
            .UseDeflate(new DeflateOptions { Inbound = InflateOptions.Default })
            .OnConnect(static connection => connection.Send("welcome")));
        TestClient client = await bench.Connect();
        Assert.Equal("welcome", await Line(Inflating(client), "the greeting"));
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task A_bomb_ends_its_connection(PollerKind poller)
    {
        await using ServerBench bench = await ServerBench.Start(poller, static e => e
            .Framing(LengthPrefix.BigEndian32(maxBytes: 100))
            .OnMessageInline(static (_, _) => { })
            .UseDeflate(new DeflateOptions { Inbound = InflateOptions.Default }));
        TestClient client = await bench.Connect();
        byte[] bomb = Deflated(new byte[100 << 20]); // 100 KB, and without end empty messages for the codec
        client.Send(bomb.AsSpan(0, 30_000)); // the reset comes while these are on their way
        await client.ExpectReset();
        await Closed(bench, CloseReason.FrameTooLarge);
        Assert.InRange(bench.Server.Snapshot().BytesReceived, 0, InflateOptions.Default.MaxOutputBytes);
    }

    /// <summary>A long and harmless past earns no credit.</summary>
    [Theory]
    [InlineData(100, 1 << 20, 60_000, CloseReason.PeerClosed)] // ratio 100 would allow 6 MB from here
    [InlineData(100, 1 << 20, 4_000_000, CloseReason.FrameTooLarge)]
    [InlineData(1000, 100_000, 4_000_000, CloseReason.FrameTooLarge)]
    [InlineData(1100, 16 << 20, 4_000_000, CloseReason.PeerClosed)]
    public async Task Limits_are_the_endpoint_s(int ratio, int output, int zeros, CloseReason expected)
    {
        await using ServerBench bench = await ServerBench.Start(PollerKind.Automatic, e => e
            .Framing(LengthPrefix.BigEndian32(maxBytes: 16 << 20))
            .OnMessageInline(static (_, _) => { })
            .UseDeflate(new DeflateOptions
            {
                Inbound = new InflateOptions { MaxRatio = ratio, MaxOutputBytes = output },
            }));
        TestClient client = await bench.Connect();
        byte[] noise = new byte[60_000];
        new Random(1).NextBytes(noise);
        byte[] header = [(byte)(zeros >> 24), (byte)(zeros >> 16), (byte)(zeros >> 8), (byte)zeros];
        client.Send(Deflated([0, 0, 0xEA, 0x60, .. noise, .. header, .. new byte[zeros]]));
        try
        {
            client.Finish();
        }
        catch (SocketException)
        {
            Assert.Equal(CloseReason.FrameTooLarge, expected); // reset already
        }
        await Closed(bench, expected);
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task What_is_no_deflate_stream_ends_its_connection(PollerKind poller)
    {
        await using ServerBench bench = await ServerBench.Start(poller, static e => Configure(e)
            .UseDeflate(new DeflateOptions { Inbound = InflateOptions.Default }));
        TestClient client = await bench.Connect();
        client.Send([0xFF, 0xFF, 0xFF, 0xFF]); // block type 3 does not exist
        await client.ExpectReset();
        await Closed(bench, CloseReason.MalformedFrame);
    }

    /// <summary>The header is plain, then comes TLS, and deflate inside it, whatever the order of the calls.</summary>
    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task All_layers_stack(PollerKind poller)
    {
        await using ServerBench bench = await ServerBench.Start(poller, static e => Configure(e)
            .UseDeflate(new DeflateOptions { Inbound = InflateOptions.Default })
            .UseTls(static tls => tls.Certificate(TestCertificates.ServerSource))
            .UseProxyProtocol("127.0.0.1"));
        using TlsClient client = await TlsClient.Dial(bench.Address);
        client.Socket.Send("PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n"u8);
        await client.Authenticate();
        string line = string.Join(',', Enumerable.Range(0, 500));
        await client.Send(Deflated(Encoding.ASCII.GetBytes(line + "\n")));
        var reader = new StreamReader(new DeflateStream(client.Stream, CompressionMode.Decompress));
        Assert.Equal(line, await Line(reader, "the echo"));
        ConnectionSnapshot connection = Assert.Single(
            await bench.Server.GetConnectionsAsync(TestContext.Current.CancellationToken));
        Assert.Equal("192.0.2.1:56324", connection.Remote.ToString());
        Assert.InRange(connection.BytesSent, 1, line.Length - 1);
    }

    [Fact]
    public void Options_out_of_range_are_refused()
    {
        Refused("DeflateOptions.MinBytes must be 1 to 65535", new DeflateOptions { MinBytes = 0 });
        Refused("DeflateOptions.MinBytes must be 1 to 65535", new DeflateOptions { MinBytes = 65_536 });
        Refused("InflateOptions.MaxRatio must be at least 1", new DeflateOptions { Inbound = new() { MaxRatio = 0 } });
        Refused("InflateOptions.MaxOutputBytes must be at least 65536",
            new DeflateOptions { Inbound = new() { MaxOutputBytes = 65_535 } });
        Refused("DeflateOptions.Level must be a CompressionLevel",
            new DeflateOptions { Level = (CompressionLevel)17 });
    }

    private static async Task Subscribe(TestClient[] clients, StreamReader[] readers)
    {
        foreach ((TestClient client, StreamReader reader) in clients.Zip(readers))
        {
            client.Send("hello\n");
            Assert.Equal("hello", await Line(reader, "the answer"));
        }
    }

    private static Task<string?> Line(StreamReader reader, string what) =>
        Wait.For(reader.ReadLineAsync(TestContext.Current.CancellationToken).AsTask(), what);

    private static void Refused(string expected, DeflateOptions options)
    {
        ArgumentException refused = Assert.Throws<ArgumentException>(
            () => TcpServer.Create(o => o.Listen("tcp://127.0.0.1:0", e => Configure(e).UseDeflate(options))));
        Assert.Equal($"Endpoint tcp://127.0.0.1:0: {expected}.", refused.Message);
    }

    private static EndpointBuilder<object?> Configure(EndpointBuilder<object?> endpoint) => endpoint
        .Framing(Lines.Utf8(maxBytes: 10_000))
        .OnMessageInline(static (connection, line) =>
        {
            connection.Subscribe(s_all);
            connection.Send(line);
        });

    private static StreamReader Inflating(TestClient client) =>
        new(new DeflateStream(new NetworkStream(client.Socket), CompressionMode.Decompress));

    private static byte[] Deflated(byte[] bytes)
    {
        var output = new MemoryStream();
        var deflater = new DeflateStream(output, CompressionLevel.Optimal);
        deflater.Write(bytes);
        deflater.Flush();
        return output.ToArray();
    }

    private static Task Closed(ServerBench bench, CloseReason reason) => Wait.Until(
        () => bench.Logs.Entries.Any(entry => entry.Id.Id == 1102 && entry.Text.Contains($"closed: {reason} ")),
        $"the close with {reason}");
}
