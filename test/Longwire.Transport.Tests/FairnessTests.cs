using System.Net.Sockets;

namespace Longwire.Transport.Tests;

public sealed class FairnessTests
{
    [Theory, ClassData(typeof(Pollers))]
    public void A_hundred_thousand_turns_in_a_row_do_not_recurse(PollerKind kind)
    {
        const int Total = 1_000_000;
        var depth = new StackDepth();
        using var server = new TestServer(kind) { ReadBytes = 10, OnTurn = _ => depth.Note() };
        (Socket client, TestConnection connection) = server.Pair();
        using Socket _ = client;
        client.Send(OrdinaryTests.Pattern(Total, 1));
        Wait.Until(() => connection.Input.Length == Total, "a million bytes, ten at a time");
        Assert.True(connection.ReadyCalls >= Total / 10);
        Assert.InRange(server.TestLoop.Run(() => depth.Bytes), 0, 16 << 10);
    }

    [Theory, ClassData(typeof(Pollers))]
    public void A_backlog_of_connects_does_not_recurse(PollerKind kind)
    {
        using Socket bound = ListenAddress.Parse("127.0.0.1:0").Bind(ListenOptions.Default);
        var clients = Enumerable.Range(0, 500).Select(_ => TestServer.Connect(bound.LocalEndPoint!)).ToList();
        using var loop = new TestLoop(kind);
        var handler = new Taker();
        loop.Run(() => handler.Listener = loop.Loop.Listen(bound, handler));
        Wait.Until(() => Volatile.Read(ref handler.Taken) == 500, "500 waiting connections to be accepted");
        Assert.InRange(loop.Run(() => handler.Depth.Bytes), 0, 16 << 10);
        Assert.True(handler.MostPerTick <= Listener.AcceptsPerTick * 2, $"{handler.MostPerTick} accepts in one tick");
        loop.Run(handler.Listener!.Stop);
        clients.ForEach(client => client.Dispose());
    }

    [Theory, ClassData(typeof(Pollers))]
    public void A_firehose_does_not_starve_the_others(PollerKind kind)
    {
        using var server = new TestServer(kind) { Appetite = Appetite.Echo };
        (Socket hose, TestConnection firehose) = server.Pair();
        (Socket client, TestConnection _) = server.Pair();
        var block = new byte[1 << 20];
        bool stop = false;
        var sender = new Thread(() =>
        {
            while (!Volatile.Read(ref stop)
                && hose.Send(block, 0, block.Length, SocketFlags.None, out SocketError _) > 0)
            {
            }
        });
        var drain = new Thread(() => Wait.ToEnd(hose, out long _));
        sender.Start();
        drain.Start();
        Wait.Until(() => firehose.Echoed > 1 << 20, "the firehose to flow");
        for (int i = 0; i < 100; i++)
        {
            client.Send("me too"u8);
            Assert.Equal("me too"u8.ToArray(), Wait.Exactly(client, 6));
        }
        Volatile.Write(ref stop, true);
        server.TestLoop.Run(() => firehose.Close(CloseMode.Abort));
        Assert.True(sender.Join(Wait.Deadline) && drain.Join(Wait.Deadline), "the firehose did not end");
        hose.Dispose();
        client.Dispose();
    }

    private sealed class Taker : IAcceptHandler
    {
        private long _tick;
        private int _inTick;
        internal int Taken;

        internal Listener? Listener { get; set; }

        internal StackDepth Depth { get; } = new();

        internal int MostPerTick { get; private set; }

        public void OnAccepted(Wire wire)
        {
            Depth.Note();
            _inTick = _tick == Loop.Current!.Ticks ? _inTick + 1 : 1;
            _tick = Loop.Current.Ticks;
            MostPerTick = Math.Max(MostPerTick, _inTick);
            wire.Close(CloseMode.Abort);
            Volatile.Write(ref Taken, Taken + 1);
        }

        public void OnAcceptFailed(TransportError error, TimeSpan backOff) => Assert.Fail(error.ToString());
    }
}
