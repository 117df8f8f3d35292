using System.Net.Sockets;
using Longwire.Primitives;

namespace Longwire.Transport.Tests;

/// <summary>Steady state costs no allocation on the loop's thread; asserted against Release code only.</summary>
[Trait("Category", "Allocation")]
public sealed class AllocationTests
{
    [Theory, ClassData(typeof(Pollers))]
    public void Echo_ping_pong_allocates_nothing(PollerKind kind)
    {
        Pollers.SkipUnlessOptimised();
        using var server = new TestServer(kind) { Appetite = Appetite.Echo };
        using Socket client = server.Connect();
        var buffer = new byte[64];
        AssertNothingAllocated(server, () => PingPong(client, buffer, 2_000), () => PingPong(client, buffer, 20_000));
    }

    [Theory, ClassData(typeof(Pollers))]
    public void Gather_writes_allocate_nothing(PollerKind kind)
    {
        Pollers.SkipUnlessOptimised();
        using var server = new TestServer(kind);
        (Socket client, TestConnection connection) = server.Pair();
        using Socket _ = client;
        var bytes = new byte[100];
        var buffer = new byte[64 * bytes.Length];
        var burst = new Work(() =>
        {
            for (int i = 0; i < 64; i++)
                connection.Send(bytes, flush: false);
            connection.Flush();
        });
        AssertNothingAllocated(server, () => Bursts(100), () => Bursts(2_000));

        void Bursts(int count)
        {
            for (int i = 0; i < count; i++)
            {
                server.Loop.Post(burst);
                ReceiveAll(client, buffer);
            }
        }
    }

    private static void PingPong(Socket client, byte[] buffer, int rounds)
    {
        for (int i = 0; i < rounds; i++)
        {
            client.Send(buffer);
            ReceiveAll(client, buffer);
        }
    }

    private static void ReceiveAll(Socket client, byte[] buffer)
    {
        for (int have = 0; have < buffer.Length;)
        {
            int more = client.Receive(buffer, have, buffer.Length - have, SocketFlags.None);
            Assert.True(more > 0, "the connection ended");
            have += more;
        }
    }

    private static void AssertNothingAllocated(TestServer server, Action warmUp, Action steady)
    {
        warmUp();
        var probe = new Probe();
        long before = probe.Take(server.Loop);
        steady();
        Assert.Equal(0, probe.Take(server.Loop) - before);
    }

    /// <summary>
    /// Made beforehand, and used once before: taking the measure allocates nothing on the loop either.
    /// </summary>
    private sealed class Probe : LoopWork
    {
        private readonly ManualResetEventSlim _taken = new();
        private long _bytes;

        internal long Take(Loop loop)
        {
            _taken.Reset();
            loop.Post(this);
            Wait.For(_taken, "the probe");
            return _bytes;
        }

        protected override void Run()
        {
            _bytes = GC.GetAllocatedBytesForCurrentThread();
            _taken.Set();
        }
    }
}
