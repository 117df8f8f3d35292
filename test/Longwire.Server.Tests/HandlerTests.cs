using System.Net.Sockets;

namespace Longwire.ServerTests;

/// <summary>Handlers: in order, one at a time, with back-pressure, in all three ways.</summary>
public sealed class HandlerTests
{
    public static TheoryData<PollerKind> Pollers => ServerBench.Pollers;

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task Events_come_in_order_one_at_a_time_with_a_typed_session(PollerKind poller)
    {
        var events = new Events();
        int running = 0;
        await using ServerBench bench = await ServerBench.Start(poller, e => e
            .Framing(Lines.Utf8(maxBytes: 100))
            .OnConnect(async connection =>
            {
                await Task.Yield();
                events.Add("connected");
                return new List<string>();
            })
            .OnMessage(async (connection, line) =>
            {
                Assert.Equal(1, Interlocked.Increment(ref running));
                await Task.Yield();
                connection.Session.Add(line.ToString());
                Assert.Equal(0, Interlocked.Decrement(ref running));
                connection.Send(line);
            })
            .OnClosed((connection, reason) => events.Add($"{string.Join("", connection.Session)} {reason}")));
        TestClient client = await bench.Connect();
        string[] lines = [.. Enumerable.Range(0, 100).Select(static i => $"{i} ")];
        client.Send(string.Join('\n', lines) + "\n");
        client.Finish(); // what came before the FIN is still answered
        Assert.Equal(string.Join('\n', lines) + "\n", await client.ReadToEnd());
        client.Dispose();
        await events.UntilCount(2);
        Assert.Equal(["connected", $"{string.Join("", lines)} PeerClosed"], events.All);
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task Messages_can_be_pulled(PollerKind poller)
    {
        var events = new Events();
        await using ServerBench bench = await ServerBench.Start(poller, e => e
            .Framing(Lines.Utf8(maxBytes: 100))
            .OnConnection(async connection =>
            {
                await foreach (Message line in connection.Messages)
                    await connection.SendAsync(line.Memory);
                events.Add("read to the end");
            })
            .OnClosed((_, reason) => events.Add($"{reason}")));
        TestClient client = await bench.Connect();
        string text = string.Concat(Enumerable.Range(0, 1000).Select(static i => $"line {i}\n"));
        client.Send(text);
        client.Finish();
        Assert.Equal(text, await client.ReadToEnd());
        await events.UntilCount(2);
        Assert.Equal(["read to the end", "PeerClosed"], events.All);
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task Reading_stops_while_handlers_are_full_and_goes_on_after(PollerKind poller)
    {
        using var gate = new ManualResetEventSlim();
        await using ServerBench bench = await ServerBench.Start(poller, e => e
            .Framing(FixedSize.Bytes(1000))
            .OnMessage((connection, _) => gate.Wait(TestContext.Current.CancellationToken)));
        TestClient client = await bench.Connect();
        client.Socket.Blocking = false;
        byte[] block = new byte[100_000];
        long sent = 0;
        long total = 0;
        // Full twice in a row, with the server's counter unchanged between: TCP pushes back.
        await Wait.Until(
            () =>
            {
                long before = sent;
                int count;
                while ((count = TrySend(client.Socket, block)) > 0)
                    sent += count;
                long received = bench.Server.Snapshot().BytesReceived;
                bool full = before == sent && received == total && received > 0;
                total = received;
                return full;
            },
            "the sender's back-pressure");
        Assert.True(total <= (8 * 1000) + (2 * 64 << 10), $"{total} bytes were read for 8 waiting messages");
        gate.Set();
        await Wait.Until(() => bench.Server.Snapshot().BytesReceived == sent, "all that was sent");
        client.Reset();
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task Both_sides_filling_their_buffers_while_nobody_reads_do_not_deadlock(PollerKind poller)
    {
        await using ServerBench bench = await ServerBench.Start(poller, e => e
            .Framing(FixedSize.Bytes(10_000))
            .OnMessageInline(static (connection, message) => connection.Send(message)));
        TestClient client = await bench.Connect();
        TestClient other = await bench.Connect();
        client.Socket.Blocking = false;
        byte[] block = new byte[10_000];
        int sent = 0;
        int part = 0;
        int idle = 0;
        await Wait.Until(
            () =>
            {
                int count = TrySend(client.Socket, block.AsSpan(part));
                idle = count > 0 ? 0 : idle + 1;
                part += count;
                if (part == block.Length)
                    (sent, part) = (sent + 1, 0);
                return idle > 40; // nothing taken for a while: both directions are full
            },
            "full buffers");
        other.Send(block); // everybody else is served meanwhile
        await other.ReadExactly(block.Length, "the other's echo");
        client.Socket.Blocking = true;
        Task<byte[]> echo = client.ReadExactly((sent + 1) * block.Length, "every echo");
        client.Send(block.AsSpan(part));
        await Wait.For(echo, "every echo");
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task Sends_from_other_threads_wait_for_room_and_keep_their_order(PollerKind poller)
    {
        await using ServerBench bench = await ServerBench.Start(poller, e => e
            .Framing(FixedSize.Bytes(1000))
            .OnMessageInline(static (_, _) => { }));
        TestClient client = await bench.Connect(receiveBuffer: 4096);
        Connection connection = await bench.OnlyConnection();
        const int Messages = 5000;
        Task sending = SendAll();
        for (int i = 0; i < Messages; i++)
            Assert.Equal(i, BitConverter.ToInt32(await client.ReadExactly(1000, $"message {i}")));
        await Wait.For(sending, "the sender");
        await Wait.For(connection.FlushAsync(TestContext.Current.CancellationToken), "the flush");
        Assert.Equal(SendResult.TooLarge, connection.Send(new byte[1001]));

        async Task SendAll()
        {
            byte[] message = new byte[1000];
            for (int i = 0; i < Messages; i++)
            {
                BitConverter.TryWriteBytes(message, i);
                ValueTask<SendResult> sent = connection.SendAsync(message, TestContext.Current.CancellationToken);
                Assert.Equal(SendResult.Queued, await sent);
            }
        }
    }

    [Fact]
    public async Task A_handler_that_never_ends_is_cancelled_after_the_grace()
    {
        var events = new Events();
        await using ServerBench bench = await ServerBench.Start(PollerKind.Automatic, e => e
            .Framing(Lines.Utf8(maxBytes: 100))
            .Options(new EndpointOptions { HalfCloseGrace = TimeSpan.FromMilliseconds(100) })
            .OnMessage(async (connection, _) =>
            {
                var never = new TaskCompletionSource();
                await using (connection.Cancellation.Register(() => never.TrySetResult()))
                    await never.Task;
                events.Add("cancelled");
            })
            .OnClosed((_, reason) => events.Add($"{reason}")));
        TestClient client = await bench.Connect();
        client.Send("wait\n");
        client.Finish();
        await events.UntilCount(2);
        Assert.Equal(["cancelled", "PeerClosed"], events.All);
    }

    private static int TrySend(Socket socket, ReadOnlySpan<byte> bytes)
    {
        int count = socket.Send(bytes, SocketFlags.None, out SocketError error);
        return error == SocketError.WouldBlock ? 0 : count;
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task A_handler_that_never_gives_its_loop_back_is_named_while_it_does_so(PollerKind poller)
    {
        using var leave = new ManualResetEventSlim();
        await using ServerBench bench = await ServerBench.Start(poller, e => e
            .Framing(Lines.Utf8(maxBytes: 100))
            .OnMessageInline((_, _) => leave.Wait(Wait.Limit, TestContext.Current.CancellationToken)));
        TestClient client = await bench.Connect();
        client.Send("hold\n");
        await Wait.Until(
            () => bench.Logs.Entries.Any(static entry =>
                entry.Id.Id == 1205 && entry.Text.Contains("connection ", StringComparison.Ordinal)),
            "the watchdog's word");
        leave.Set();
    }
}
