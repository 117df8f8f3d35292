using System.Net.Sockets;

namespace Longwire.ServerTests;

/// <summary>How connections with layers end: farewells behind a half-close, and layers that fail.</summary>
public sealed class LayerEndTests
{
    public static TheoryData<PollerKind> Pollers => ServerBench.Pollers;

    [Theory, MemberData(nameof(Pollers))]
    public async Task A_farewell_from_off_the_loop_reaches_a_peer_that_closed_its_half_first(PollerKind poller)
    {
        await using ServerBench bench = await Start(poller, static below => new FarewellStream(below));
        for (int i = 0; i < 50; i++)
        {
            using TestClient client = await bench.Connect();
            client.Send("hello\n");
            client.Socket.Shutdown(SocketShutdown.Send);
            Assert.Equal("hello\nfarewell", await client.ReadToEnd());
        }
        await Wait.Until(() => bench.Server.ConnectionCount == 0, "their places to be free");
    }

    [Theory, MemberData(nameof(Pollers))]
    public async Task A_close_notify_reaches_a_peer_that_closed_its_half_first(PollerKind poller)
    {
        await using ServerBench bench = await TlsTests.Echo(poller);
        using TlsClient client = await TlsClient.Connect(bench.Address);
        await client.Send("hello\n");
        client.Socket.Shutdown(SocketShutdown.Send);
        Assert.Equal("hello", await client.ReadLine());
        Assert.Null(await client.ReadLine("the close_notify"));
        Assert.Equal(0, await Wait.For(client.Socket.ReceiveAsync(new byte[1]), "the FIN"));
    }

    [Theory, MemberData(nameof(Pollers))]
    public async Task A_layer_that_throws_is_a_defect_of_ours_and_is_logged(PollerKind poller)
    {
        foreach (string where in (string[])["read", "write"])
        {
            await using ServerBench bench = await Start(poller, below => new FaultyStream(below, where));
            bench.ExpectedErrors.Add("a defect in");
            using TestClient client = await bench.Connect();
            client.Send("hello\n");
            await client.ExpectReset();
            await Wait.Until(() => bench.Server.ConnectionCount == 0, "its place to be free");
            Assert.Contains(bench.Logs.Entries, entry =>
                entry.Text.Contains($"a defect in {where}", StringComparison.Ordinal));
        }
    }

    private static Task<ServerBench> Start(PollerKind poller, Func<Stream, Stream> open) =>
        ServerBench.Start(poller, e => e
            .Framing(Lines.Utf8(maxBytes: 1 << 16))
            .UseLayer("own", open)
            .OnMessageInline(static (connection, line) => connection.Send(line)));
}

/// <summary>Adds a word at the end, after a hop.</summary>
internal sealed class FarewellStream(Stream below) : PassingStream(below)
{
    private int _written;

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _written = 2; // flushes to come: this write's, and the end's
        return base.WriteAsync(buffer, cancellationToken);
    }

    public override async Task FlushAsync(CancellationToken cancellationToken)
    {
        if (--_written != 0)
            return;
        await Task.Yield();
        await base.WriteAsync("farewell"u8.ToArray(), cancellationToken);
    }
}

/// <summary>Throws what no peer can cause.</summary>
internal sealed class FaultyStream(Stream below, string where) : PassingStream(below)
{
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int count = await base.ReadAsync(buffer, cancellationToken);
        return where == "read" ? throw new InvalidOperationException("a defect in read") : count;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        where == "write"
            ? throw new InvalidOperationException("a defect in write")
            : base.WriteAsync(buffer, cancellationToken);
}

/// <summary>Changes nothing.</summary>
internal abstract class PassingStream(Stream below) : Stream
{
    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        below.ReadAsync(buffer, cancellationToken);

    public override ValueTask WriteAsync(
        ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        below.WriteAsync(buffer, cancellationToken);

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
