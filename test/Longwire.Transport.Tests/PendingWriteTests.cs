using System.Net.Sockets;
using Longwire.Primitives;

namespace Longwire.Transport.Tests;

/// <summary>Writes that the poller finishes by itself: the socket poller's way on a full socket.</summary>
public sealed class PendingWriteTests
{
    [Fact]
    public void A_full_socket_keeps_the_segments_until_their_completion_is_taken()
    {
        using var server = new TestServer(PollerKind.Socket);
        (Socket client, TestConnection connection) = server.Pair();
        using Socket _ = client;
        server.On(connection, c =>
        {
            EndOfStreamTests.FillUntilFull(c);
            Assert.True(c.Wire.HasPendingWrite);
            Assert.False(c.Wire.IsWritable);
            Assert.False(c.Wire.TakeCompleted(out IoResult _));
            Assert.True(server.TestLoop.Pool.Leases(LeaseOwner.Frame) > 0);
        });
        var drain = new Thread(() => Wait.ToEnd(client, out long _));
        drain.Start();
        Wait.Until(() => server.TestLoop.Pool.Leases(LeaseOwner.Frame) == 0, "the segments to be given back");
        Assert.Equal(connection.Pendings, connection.Completions);
        Assert.True(connection.Completions > 0);
        server.On(connection, c => c.Close(CloseMode.Close));
        Assert.True(drain.Join(Wait.Deadline), "the reader did not see the end");
    }

    [Theory]
    [InlineData(CloseMode.Close)]
    [InlineData(CloseMode.Abort)]
    public void Closing_while_pending_reports_exactly_once(CloseMode mode)
    {
        using var server = new TestServer(PollerKind.Socket);
        for (int i = 0; i < 20; i++)
        {
            (Socket client, TestConnection connection) = server.Pair();
            server.On(connection, c =>
            {
                EndOfStreamTests.FillUntilFull(c);
                c.Close(mode);
                Assert.True(c.Wire.HasPendingWrite, "the poller let go of the segments");
                Assert.True(c.HasOutput);
            });
            Wait.Until(() => !connection.HasOutput, "the pending write to be reported");
            long calls = server.TestLoop.Run(() => connection.ReadyCalls);
            Assert.Equal(1, connection.Completions);
            Assert.False(server.TestLoop.Run(() => connection.Wire.HasPendingWrite));
            Assert.Equal(calls, server.TestLoop.Run(() => connection.ReadyCalls));
            client.Dispose();
        }
    }

    [Fact]
    public void Closing_between_the_completion_and_its_turn_reports_it_too()
    {
        using var server = new TestServer(PollerKind.Socket);
        for (int i = 0; i < 100; i++)
        {
            (Socket client, TestConnection connection) = server.Pair();
            server.On(connection, EndOfStreamTests.FillUntilFull);
            client.Close(0);
            // Somewhere between the reset, its completion and the turn; each place has to end in one report.
            server.On(connection, c => c.Close(CloseMode.Abort));
            Wait.Until(() => !connection.HasOutput, "the pending write to be reported");
            Assert.Equal(connection.Pendings, connection.Completions);
        }
    }
}
