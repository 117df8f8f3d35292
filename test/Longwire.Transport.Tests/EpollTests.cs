using System.Net.Sockets;
using System.Runtime.Versioning;
using Longwire.Transport.Epoll;

namespace Longwire.Transport.Tests;

/// <summary>What only the epoll poller can get wrong.</summary>
[SupportedOSPlatform("linux")]
public sealed class EpollTests
{
    [Fact]
    public void An_event_of_a_closed_wire_does_not_reach_the_next_one_in_its_slot()
    {
        Pollers.SkipUnlessEpoll();
        using var server = new TestServer(PollerKind.Epoll);
        (Socket oldClient, TestConnection old) = server.Pair();
        var oldWire = (EpollWire)old.Wire;
        int slot = oldWire.Slot;
        // A duplicate, such as a child process holds between fork and exec, keeps the kernel's registration alive
        // after the close: the kernel goes on telling of a descriptor that we do not have any more.
        int duplicate = Sys.Duplicate(oldWire.Descriptor);
        server.On(old, c => c.Close(CloseMode.Close));
        (Socket client, TestConnection connection) = server.Pair();
        Assert.Equal(slot, ((EpollWire)connection.Wire).Slot);
        Wait.Until(() => connection.ReadyCalls > 0, "the first readiness of the new wire");
        long calls = server.TestLoop.Run(() => connection.ReadyCalls);
        long ticks = server.TestLoop.Run(() => server.Loop.Ticks);
        oldClient.Send("stale"u8);
        Wait.Until(() => Volatile.Read(ref ticks) < server.TestLoop.Run(() => server.Loop.Ticks) - 3, "some ticks");
        Assert.Equal(calls, server.TestLoop.Run(() => connection.ReadyCalls));
        Assert.False(server.TestLoop.Run(() => connection.Wire.IsReadable));
        Sys.Close(duplicate);
        oldClient.Dispose();
        client.Dispose();
    }

    [Fact]
    public void A_handler_that_closes_the_others_of_its_batch_is_followed_by_none_of_them()
    {
        Pollers.SkipUnlessEpoll();
        using var server = new TestServer(PollerKind.Epoll);
        var clients = new List<Socket>();
        var connections = new List<TestConnection>();
        for (int i = 0; i < 20; i++)
        {
            (Socket client, TestConnection connection) = server.Pair();
            clients.Add(client);
            connections.Add(connection);
        }
        var called = new HashSet<TestConnection>(); // the survivor may be called again, the closed ones never
        server.TestLoop.Run(() =>
        {
            foreach (TestConnection connection in connections)
            {
                connection.OnTurn = me =>
                {
                    called.Add(me);
                    foreach (TestConnection other in connections.Where(other => other != me))
                        other.Close(CloseMode.Abort);
                };
            }
            clients.ForEach(client => client.Send("x"u8)); // the loop is here, so all of them come as one batch
        });
        Wait.Until(() => connections.Count(each => each.Input.Length == 1) == 1, "the one survivor's byte");
        Assert.Equal(1, server.TestLoop.Run(() => called.Count));
        clients.ForEach(client => client.Dispose());
    }

    [Fact]
    public void Slots_and_descriptors_are_reused_over_a_churn()
    {
        Pollers.SkipUnlessEpoll();
        using var server = new TestServer(PollerKind.Epoll) { Appetite = Appetite.Echo };
        int highest = 0;
        for (int i = 0; i < 2_000; i++)
        {
            (Socket client, TestConnection connection) = server.Pair();
            highest = Math.Max(highest, ((EpollWire)connection.Wire).Slot);
            client.Send(BitConverter.GetBytes(i));
            Assert.Equal(i, BitConverter.ToInt32(Wait.Exactly(client, 4)));
            server.On(connection, c => c.Close(i % 2 == 0 ? CloseMode.Close : CloseMode.Abort));
            client.Dispose();
        }
        Assert.InRange(highest, 1, 5);
    }
}
