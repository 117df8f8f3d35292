using System.Net;
using System.Net.Sockets;

namespace Longwire.Transport.Tests;

public sealed class OrdinaryTests
{
    [Theory, ClassData(typeof(Pollers))]
    public void A_small_echo(PollerKind kind)
    {
        using var server = new TestServer(kind) { Appetite = Appetite.Echo };
        using Socket client = server.Connect();
        for (int i = 0; i < 100; i++)
        {
            client.Send("hello"u8);
            Assert.Equal("hello"u8.ToArray(), Wait.Exactly(client, 5));
        }
    }

    [Theory, ClassData(typeof(Pollers))]
    public void A_large_echo_keeps_every_byte_in_order_under_partial_writes(PollerKind kind)
    {
        const int Total = 8 << 20;
        using var server = new TestServer(kind) { Appetite = Appetite.Echo };
        using Socket client = server.Connect();
        byte[] sent = Pattern(Total, 7);
        var sender = new Thread(() => client.Send(sent)) { IsBackground = true };
        sender.Start();
        byte[] back = Wait.Exactly(client, Total);
        Assert.True(sender.Join(Wait.Deadline), "the sender did not end");
        Assert.True(back.AsSpan().SequenceEqual(sent), "the echo differs");
    }

    [Theory, ClassData(typeof(Pollers))]
    public void A_gather_write_of_many_segments_arrives_in_order(PollerKind kind)
    {
        using var server = new TestServer(kind);
        (Socket client, TestConnection connection) = server.Pair();
        using Socket _ = client;
        byte[] expected = Pattern(1000 * 37, 3);
        server.On(connection, c =>
        {
            for (int i = 0; i < 1000; i++)
                c.Send(expected.AsSpan(i * 37, 37), flush: false);
            c.Flush();
        });
        Assert.Equal(expected, Wait.Exactly(client, expected.Length));
    }

    [Theory, ClassData(typeof(Pollers))]
    public void A_gather_write_goes_on_in_the_middle_of_a_segment(PollerKind kind)
    {
        const int Frames = 300;
        const int FrameBytes = 50_001;
        using var server = new TestServer(kind);
        (Socket client, TestConnection connection) = server.Pair();
        using Socket _ = client;
        byte[] expected = Pattern(Frames * FrameBytes, 11);
        server.On(connection, c =>
        {
            for (int i = 0; i < Frames; i++)
                c.Send(expected.AsSpan(i * FrameBytes, FrameBytes), flush: false);
            c.Flush();
            Assert.True(c.HasOutput, "15 MB fitted into a socket; the test needs a partial write");
        });
        Assert.True(Wait.Exactly(client, expected.Length).AsSpan().SequenceEqual(expected), "the bytes differ");
    }

    [Theory, ClassData(typeof(Pollers))]
    public void IPv6_has_its_address(PollerKind kind)
    {
        Assert.SkipUnless(Socket.OSSupportsIPv6, "No IPv6 here.");
        using var server = new TestServer(kind, "tcp://[::1]:0") { Appetite = Appetite.Echo };
        (Socket client, TestConnection connection) = server.Pair();
        using Socket _ = client;
        Assert.Equal(PeerAddress.From(client.LocalEndPoint), connection.Wire.Remote);
        client.Send("six"u8);
        Assert.Equal("six"u8.ToArray(), Wait.Exactly(client, 3));
    }

    [Theory, ClassData(typeof(Pollers))]
    public void A_star_takes_IPv4_and_IPv6_and_shows_IPv4_as_IPv4(PollerKind kind)
    {
        Assert.SkipUnless(Socket.OSSupportsIPv6, "No IPv6 here.");
        using var server = new TestServer(kind, "tcp://*:0") { Appetite = Appetite.Echo };
        foreach (IPAddress address in new[] { IPAddress.Loopback, IPAddress.IPv6Loopback })
        {
            using Socket client = TestServer.Connect(new IPEndPoint(address, server.Port));
            TestConnection connection = server.Next();
            Assert.Equal(PeerAddress.From(client.LocalEndPoint), connection.Wire.Remote);
            client.Send("dual"u8);
            Assert.Equal("dual"u8.ToArray(), Wait.Exactly(client, 4));
        }
    }

    [Theory, ClassData(typeof(Pollers))]
    public void Many_connections_at_once_are_all_accepted_and_served(PollerKind kind)
    {
        using var server = new TestServer(kind) { Appetite = Appetite.Echo };
        var clients = new List<Socket>();
        for (int i = 0; i < 300; i++)
            clients.Add(server.Connect());
        for (int i = 0; i < clients.Count; i++)
            clients[i].Send(BitConverter.GetBytes(i));
        for (int i = 0; i < clients.Count; i++)
            Assert.Equal(i, BitConverter.ToInt32(Wait.Exactly(clients[i], 4)));
        Assert.Equal(300, server.TestLoop.Run(() => server.Listener.Accepted));
        clients.ForEach(client => client.Dispose());
    }

    [Theory, ClassData(typeof(Pollers))]
    public void A_closed_wire_answers_closed_and_closes_once(PollerKind kind)
    {
        using var server = new TestServer(kind);
        (Socket client, TestConnection connection) = server.Pair();
        using Socket _ = client;
        server.On(connection, c =>
        {
            c.Close(CloseMode.Close);
            c.Close(CloseMode.Abort);
            Assert.Equal(IoResult.Failure(TransportError.Closed), c.Wire.Read(server.Loop.ReceiveBuffer));
            Assert.Equal(IoResult.Failure(TransportError.Closed), c.Wire.Write([]));
            c.Wire.ShutdownWrite();
            Assert.False(c.Wire.TryGetStatistics(out TcpStatistics _));
        });
        Assert.Equal(SocketError.Success, Wait.ToEnd(client, out long _));
    }

    internal static byte[] Pattern(int length, int seed)
    {
        var bytes = new byte[length];
        uint state = (uint)seed;
        for (int i = 0; i < length; i++)
        {
            state = state * 1664525 + 1013904223;
            bytes[i] = (byte)(state >> 24);
        }
        return bytes;
    }
}
