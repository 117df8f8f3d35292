using System.Net;
using Longwire.Primitives;
using Longwire.Transport;

namespace Longwire.Testing.Tests;

/// <summary>The example of the documentation: a handler on a loop, without a thread and without a socket.</summary>
public sealed class ExampleTests
{
    [Fact]
    public void A_handler_is_stepped()
    {
        var time = new VirtualTime();
        var network = new MemoryNetwork(time, FaultPlan.None, seed: 1);
        var scheduler = new LoopScheduler(network, seed: 2);
        using var loop = new Loop(0, network.CreatePoller(), new SlabPool(), time);
        var reader = new Reader(loop);
        loop.Listen(ListenAddress.Parse("127.0.0.1:7000"), ListenOptions.Default, reader);

        MemoryPeer peer = network.Connect(new IPEndPoint(IPAddress.Loopback, 7000));
        peer.Send("hello"u8);
        scheduler.RunUntilIdle();

        Assert.Equal(5, reader.Bytes);
        Assert.True(peer.ServerIsParkedOnRead);
    }

    private sealed class Reader(Loop loop) : IAcceptHandler, IWireHandler
    {
        private Wire? _wire;

        internal int Bytes { get; private set; }

        public void OnAccepted(Wire wire) => loop.Add(_wire = wire, this);

        public void OnAcceptFailed(TransportError error, TimeSpan backOff) => Assert.Fail(error.ToString());

        public void OnReady() => Bytes += _wire!.Read(loop.ReceiveBuffer).Bytes;
    }
}
