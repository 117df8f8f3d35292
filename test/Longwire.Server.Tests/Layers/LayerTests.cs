using System.Text;

namespace Longwire.ServerTests;

/// <summary>Streams of the application's own as layers.</summary>
public sealed class LayerTests
{
    public static TheoryData<PollerKind> Pollers => ServerBench.Pollers;

    [Theory, MemberData(nameof(Pollers))]
    public async Task A_stream_of_the_applications_own_carries_the_protocol(PollerKind poller)
    {
        await using ServerBench bench = await Start(poller, static below => new MaskStream(below, hops: false));
        TestClient client = await bench.Connect();
        for (int i = 0; i < 100; i++)
            await Exchange(client, $"message {i}");
    }

    [Theory, MemberData(nameof(Pollers))]
    public async Task A_stream_may_leave_the_loop(PollerKind poller)
    {
        await using ServerBench bench = await Start(poller, static below => new MaskStream(below, hops: true));
        TestClient client = await bench.Connect();
        for (int i = 0; i < 100; i++)
            await Exchange(client, $"message {i}");
        string large = new('x', 60_000);
        await Exchange(client, large);
    }

    [Theory, MemberData(nameof(Pollers))]
    public async Task Layers_stack_in_the_order_of_their_calls(PollerKind poller)
    {
        await using ServerBench bench = await ServerBench.Start(poller, e => e
            .Framing(Lines.Utf8(maxBytes: 1 << 16))
            .UseTls(static tls => tls.Certificate(TestCertificates.ServerSource))
            .UseLayer("mask", static below => new MaskStream(below, hops: false))
            .OnMessageInline(static (connection, line) => connection.Send(line)));
        using TlsClient client = await TlsClient.Connect(bench.Address);
        await client.Send(MaskStream.Mask("inside\n"));
        Assert.Equal(MaskStream.Mask("inside\n"), await client.ReadExactly(7));
    }

    [Theory, MemberData(nameof(Pollers))]
    public async Task A_layer_that_fails_to_open_ends_the_connection(PollerKind poller)
    {
        await using ServerBench bench = await Start(poller, static _ => throw new InvalidOperationException("no key"));
        TestClient client = await bench.Connect();
        Assert.Equal("", await client.ReadToEnd());
        await Wait.Until(() => bench.Server.ConnectionCount == 0, "its place to be free");
        Assert.Contains(bench.Logs.Entries, static entry =>
            entry.Id.Id == 1105 && entry.Text.Contains("no key", StringComparison.Ordinal));
    }

    private static async Task Exchange(TestClient client, string text)
    {
        client.Send(MaskStream.Mask(text + "\n"));
        byte[] answer = await client.ReadExactly(text.Length + 1);
        Assert.Equal(text + "\n", Encoding.UTF8.GetString(MaskStream.Mask(Encoding.UTF8.GetString(answer))));
    }

    private static Task<ServerBench> Start(PollerKind poller, Func<Stream, Stream> open) =>
        ServerBench.Start(poller, e => e
            .Framing(Lines.Utf8(maxBytes: 1 << 16))
            .UseLayer("mask", open)
            .OnMessageInline(static (connection, line) => connection.Send(line)));
}

/// <summary>Inverts a bit of each byte; stays within ASCII. On wish every operation goes by way of the pool.</summary>
internal sealed class MaskStream(Stream below, bool hops) : Stream
{
    private const byte Bit = 0x20;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (hops)
            await Task.Yield();
        int count = await below.ReadAsync(buffer, cancellationToken);
        if (hops)
            await Task.Yield();
        Mask(buffer.Span[..count]);
        return count;
    }

    public override async ValueTask WriteAsync(
        ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (hops)
            await Task.Yield();
        byte[] masked = buffer.ToArray();
        Mask(masked);
        await below.WriteAsync(masked, cancellationToken);
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    internal static byte[] Mask(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Mask(bytes);
        return bytes;
    }

    private static void Mask(Span<byte> bytes)
    {
        foreach (ref byte value in bytes)
            value ^= Bit;
    }
}
