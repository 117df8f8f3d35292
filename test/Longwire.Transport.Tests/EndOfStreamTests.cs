using System.Net.Sockets;

namespace Longwire.Transport.Tests;

/// <summary>FIN and RST, theirs and ours, at every awkward moment.</summary>
public sealed class EndOfStreamTests
{
    [Theory, ClassData(typeof(Pollers))]
    public void A_FIN_while_paused_does_not_spin(PollerKind kind)
    {
        using var server = new TestServer(kind) { Appetite = Appetite.Pause };
        (Socket client, TestConnection connection) = server.Pair();
        client.Send("unread"u8);
        client.Shutdown(SocketShutdown.Send);
        Wait.Until(() => connection.ReadyCalls > 0, "the loop to see the paused input");
        AssertQuiet(server, connection);
        server.On(connection, c => c.Resume());
        Wait.Until(() => connection.Ended, "the end behind the input");
        Assert.Equal("unread"u8.ToArray(), connection.Input);
        client.Dispose();
    }

    [Theory, ClassData(typeof(Pollers))]
    public void An_RST_while_paused_does_not_spin_and_is_an_error_after(PollerKind kind)
    {
        using var server = new TestServer(kind) { Appetite = Appetite.Pause };
        (Socket client, TestConnection connection) = server.Pair();
        client.Close(0);
        Wait.Until(() => connection.ReadyCalls > 0, "the loop to see the reset");
        AssertQuiet(server, connection);
        server.On(connection, c => c.Resume());
        Wait.Until(() => connection.Error != TransportError.None || connection.Ended, "the reset to be read");
        Assert.False(connection.Ended, "a reset was read as an orderly end");
        Assert.Equal(TransportError.Reset, connection.Error);
    }

    [Theory, ClassData(typeof(Pollers))]
    public void A_FIN_directly_behind_data_is_seen(PollerKind kind)
    {
        using var server = new TestServer(kind);
        for (int i = 1; i <= 200; i++)
        {
            (Socket client, TestConnection connection) = server.Pair();
            client.Send(new byte[i]);
            client.Dispose();
            Wait.Until(() => connection.Ended, $"the end behind {i} bytes");
            Assert.Equal(i, connection.Input.Length);
        }
    }

    [Theory, ClassData(typeof(Pollers))]
    public void Input_before_FIN_is_still_answered(PollerKind kind)
    {
        const int Total = 3 << 20;
        using var server = new TestServer(kind) { Appetite = Appetite.Echo };
        (Socket client, TestConnection connection) = server.Pair();
        using Socket _ = client;
        server.On(connection, c => c.OnEnd = CloseWhenFlushed);
        byte[] sent = OrdinaryTests.Pattern(Total, 5);
        var sender = new Thread(() =>
        {
            client.Send(sent);
            client.Shutdown(SocketShutdown.Send);
        });
        sender.Start();
        byte[] back = Wait.Exactly(client, Total);
        Assert.True(sender.Join(Wait.Deadline), "the sender did not end");
        Assert.True(back.AsSpan().SequenceEqual(sent), "the answer differs");
        Assert.Equal(SocketError.Success, Wait.ToEnd(client, out long rest));
        Assert.Equal(0, rest);
    }

    [Theory, ClassData(typeof(Pollers))]
    public void After_our_FIN_input_is_still_read(PollerKind kind)
    {
        using var server = new TestServer(kind);
        (Socket client, TestConnection connection) = server.Pair();
        using Socket _ = client;
        server.On(connection, c =>
        {
            c.Send("last words"u8);
            c.Wire.ShutdownWrite();
        });
        Assert.Equal(SocketError.Success, Wait.ToEnd(client, out long bytes));
        Assert.Equal(10, bytes);
        client.Send("still here"u8);
        client.Shutdown(SocketShutdown.Send);
        Wait.Until(() => connection.Ended, "the peer's own end");
        Assert.Equal("still here"u8.ToArray(), connection.Input);
    }

    [Theory, ClassData(typeof(Pollers))]
    public void An_RST_in_the_middle_of_a_write_is_reported(PollerKind kind)
    {
        using var server = new TestServer(kind);
        (Socket client, TestConnection connection) = server.Pair();
        server.On(connection, c => FillUntilFull(c));
        client.Close(0);
        Wait.Until(() => connection.Error != TransportError.None, "the reset to reach the writer");
        Assert.Equal(TransportError.Reset, connection.Error);
        Wait.Until(() => !connection.HasOutput, "the segments to be given back");
    }

    [Theory, ClassData(typeof(Pollers))]
    public void Abort_sends_RST_only(PollerKind kind)
    {
        using var server = new TestServer(kind);
        for (int i = 0; i < 50; i++)
        {
            (Socket client, TestConnection connection) = server.Pair();
            server.TestLoop.Post(() => connection.Close(CloseMode.Abort));
            Assert.Equal(SocketError.ConnectionReset, Wait.ToEnd(client, out long _));
            client.Dispose();
        }
    }

    [Theory, ClassData(typeof(Pollers))]
    public void Abort_with_a_full_socket_sends_RST(PollerKind kind)
    {
        using var server = new TestServer(kind);
        (Socket client, TestConnection connection) = server.Pair();
        using Socket _ = client;
        server.On(connection, c =>
        {
            FillUntilFull(c);
            c.Close(CloseMode.Abort);
        });
        Assert.Equal(SocketError.ConnectionReset, Wait.ToEnd(client, out long _));
    }

    [Theory, ClassData(typeof(Pollers))]
    public void Close_sends_what_the_kernel_holds_and_FIN(PollerKind kind)
    {
        using var server = new TestServer(kind);
        for (int i = 0; i < 50; i++)
        {
            (Socket client, TestConnection connection) = server.Pair();
            server.On(connection, c =>
            {
                c.Send(new byte[10_000]);
                c.Close(CloseMode.Close);
            });
            Assert.Equal(SocketError.Success, Wait.ToEnd(client, out long bytes));
            Assert.Equal(10_000, bytes);
            client.Dispose();
        }
    }

    [Theory, ClassData(typeof(Pollers))]
    public void A_reset_that_follows_an_idle_wait_is_no_orderly_end(PollerKind kind)
    {
        using var server = new TestServer(kind);
        (Socket client, TestConnection connection) = server.Pair();
        client.Send("x"u8);
        Wait.Until(() => connection.Input.Length == 1, "the first byte");
        client.Close(0);
        Wait.Until(() => connection.Error != TransportError.None || connection.Ended, "the reset");
        Assert.Equal(TransportError.Reset, connection.Error);
        Assert.False(connection.Ended);
    }

    [Theory, ClassData(typeof(Pollers))]
    public void Urgent_data_stays_in_the_stream_and_stalls_nothing(PollerKind kind)
    {
        // Telnet's Synch sends its DM as urgent data (RFC 854); a receive stops short at the urgent mark.
        using var server = new TestServer(kind) { Appetite = Appetite.Pause };
        (Socket client, TestConnection connection) = server.Pair();
        using Socket _ = client;
        client.Send("abc"u8);
        client.Send("!"u8, SocketFlags.OutOfBand);
        client.Send("def"u8);
        Wait.Until(() => client.Connected && connection.ReadyCalls > 0, "the input to arrive");
        server.On(connection, c => c.Resume());
        Wait.Until(() => connection.Input.Length >= 7, "what stands behind the urgent mark");
        Assert.Equal("abc!def"u8.ToArray(), connection.Input);
    }

    internal static void FillUntilFull(TestConnection connection)
    {
        var block = new byte[256 << 10];
        for (int i = 0; i < 200 && !connection.HasOutput; i++)
            connection.Send(block);
        Assert.True(connection.HasOutput, "50 MB fitted into a socket that nobody reads");
    }

    private static void CloseWhenFlushed(TestConnection connection)
    {
        connection.AfterTurn = c =>
        {
            if (!c.HasOutput)
                c.Close(CloseMode.Close);
        };
        connection.Wire.Loop!.MarkReady(connection.Wire);
    }

    /// <summary>
    /// Fifty round trips through the inbox are the clock: a spinning loop would tick thousands of times more.
    /// </summary>
    private static void AssertQuiet(TestServer server, TestConnection connection)
    {
        long calls = server.TestLoop.Run(() => connection.ReadyCalls);
        long ticks = server.TestLoop.Run(() => server.Loop.Ticks);
        using var passed = new ManualResetEventSlim();
        server.TestLoop.Run(() => server.Loop.Wheel.Arm(new TestTimer(_ => passed.Set()), server.Loop.NowTick + 15));
        Wait.For(passed, "0.3 s of the loop's own time");
        long ticked = server.TestLoop.Run(() => server.Loop.Ticks) - ticks;
        Assert.InRange(ticked, 1, 40);
        Assert.InRange(server.TestLoop.Run(() => connection.ReadyCalls) - calls, 0, 3);
    }
}
