using System.IO.Compression;
using System.Text;
using Longwire.Transport.Layers;

namespace Longwire.ServerTests;

/// <summary>What peers send compressed: how far it may expand, or not expand, and how it ends.</summary>
public sealed class InflateTests
{
    public static TheoryData<PollerKind> Pollers => ServerBench.Pollers;

    /// <summary>Blocks without output would hold the loop for as long as the peer likes.</summary>
    [Theory]
    [InlineData(PollerKind.Automatic, 0)]
    [InlineData(PollerKind.Socket, 0)]
    [InlineData(PollerKind.Automatic, 100)]
    public async Task Blocks_that_give_nothing_end_their_connection(PollerKind poller, int blocksPerByte)
    {
        await using ServerBench bench = await Start(poller);
        TestClient client = await bench.Connect();
        byte[] empty = [0, 0, 0, 0xFF, 0xFF];
        byte[] one = [0, 1, 0, 0xFE, 0xFF, (byte)'x'];
        var bytes = new MemoryStream();
        for (int i = 0; bytes.Length < 30_000; i++)
            bytes.Write(blocksPerByte > 0 && i % blocksPerByte == 0 ? one : empty);
        client.Send(bytes.ToArray());
        await client.ExpectReset();
        await Closed(bench, CloseReason.FrameTooLarge);
    }

    /// <summary>A byte by itself, flushed, takes 7 compressed; and there may be many of them.</summary>
    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task Whoever_flushes_each_byte_is_served(PollerKind poller)
    {
        await using ServerBench bench = await Start(poller);
        TestClient client = await bench.Connect();
        var output = new MemoryStream();
        await using var deflater = new DeflateStream(output, CompressionLevel.Optimal);
        for (int i = 0; i < 9_000; i++)
        {
            deflater.Write(i == 8_999 ? "\n"u8 : "x"u8);
            deflater.Flush();
        }
        Assert.InRange(output.Length, 48 << 10, 1 << 20);
        client.Send(output.ToArray());
        Assert.Equal(new string('x', 8_999), await client.ReadLine());
    }

    /// <summary>At their first message a connection has sent next to nothing.</summary>
    [Theory]
    [InlineData(5_000)]
    [InlineData(9_999)]
    public async Task A_first_message_may_repeat_one_byte(int length)
    {
        await using ServerBench bench = await Start(PollerKind.Automatic);
        TestClient client = await bench.Connect();
        client.Send(Deflated(new string('a', length) + "\n", isFinal: false));
        Assert.Equal(new string('a', length), await client.ReadLine());
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task A_final_block_and_FIN_is_a_clean_end(PollerKind poller)
    {
        await using ServerBench bench = await Start(poller);
        TestClient client = await bench.Connect();
        client.Send(Deflated("last\n", isFinal: true));
        Assert.Equal("last", await client.ReadLine());
        client.Finish();
        Assert.Null(await client.ReadLine());
        await Closed(bench, CloseReason.PeerClosed);
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task What_comes_after_a_final_block_is_malformed(PollerKind poller)
    {
        await using ServerBench bench = await Start(poller);
        TestClient client = await bench.Connect();
        client.Send(Deflated("first\n", isFinal: true));
        Assert.Equal("first", await client.ReadLine());
        client.Send(Deflated("second\n", isFinal: true));
        await client.ExpectReset();
        await Closed(bench, CloseReason.MalformedFrame);
    }

    private static Task<ServerBench> Start(PollerKind poller) => ServerBench.Start(poller, static e => e
        .Framing(Lines.Utf8(maxBytes: 10_000))
        .OnMessageInline(static (connection, line) => connection.Send(line))
        .UseLayer(new InflateLayer(InflateOptions.Default)));

    private static byte[] Deflated(string text, bool isFinal)
    {
        var output = new MemoryStream();
        var deflater = new DeflateStream(output, CompressionLevel.Optimal);
        deflater.Write(Encoding.ASCII.GetBytes(text));
        deflater.Flush();
        if (isFinal)
            deflater.Dispose();
        return output.ToArray();
    }

    private static Task Closed(ServerBench bench, CloseReason reason) => Wait.Until(
        () => bench.Logs.Entries.Any(entry => entry.Id.Id == 1102 && entry.Text.Contains($"closed: {reason} ")),
        $"the close with {reason}");
}
