using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Longwire.Primitives;

namespace Longwire.Allocation.Tests;

/// <summary>Bytes allocated so far by the loop threads, and by all threads.</summary>
internal readonly record struct AllocatedBytes(long OnLoops, long InProcess);

/// <summary>
/// A real server with subscribers on real loopback sockets in this process, which allocate nothing by themselves: most
/// read at once, some only now and then, through small buffers, so that writes are partial and messages pile up.
/// </summary>
/// <remarks>
/// Owner: a test. Concurrency: <see cref="Publish"/> on one thread. Bound: <see cref="Window"/> messages in flight.
/// </remarks>
internal sealed class FanOut : IAsyncDisposable
{
    private const int Window = 16;
    private const int PayloadBytes = 256;
    private const int FrameBytes = PayloadBytes + 4;
    private const int SlowTurn = 500; // messages between two reads of the slow

    private static readonly string[] s_topics = ["load/a", "load/b", "load/c", "load/dropping"];
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(60);

    private readonly TcpServer _server;
    private readonly Topic[] _topics;
    private readonly Client[] _slow;
    private readonly Reader[] _readers;
    private readonly byte[] _payload = new byte[PayloadBytes];
    private readonly byte[] _buffer = new byte[1500]; // no multiple of a frame: the slow cut frames in two
    private readonly long[] _loopBytes;
    private readonly AllocationProbe[] _probes;
    private long _published;

    private FanOut(TcpServer server, Client[] fast, Client[] slow)
    {
        _server = server;
        _slow = slow;
        _topics = Array.ConvertAll(s_topics, name => server.Hub.FindTopic(name)!);
        _readers = [new Reader(fast[..(fast.Length / 2)]), new Reader(fast[(fast.Length / 2)..])];
        _loopBytes = new long[server.Hosts.Count];
        _probes = [.. Enumerable.Range(0, server.Hosts.Count).Select(i => new AllocationProbe(_loopBytes, i))];
    }

    internal DeliveryCounts Deliveries
    {
        get
        {
            long queued = 0, conflated = 0, dropped = 0;
            foreach (Topic topic in _topics)
            {
                DeliveryCounts one = topic.Deliveries;
                queued += one.Queued;
                conflated += one.Conflated;
                dropped += one.Dropped;
            }
            return new DeliveryCounts(queued, conflated, dropped, 0, 0);
        }
    }

    internal static async Task<FanOut> StartAsync(PollerKind poller, int subscribers, int slow)
    {
        TopicFilter dropping = TopicFilter.Parse("load/dropping");
        TopicFilter all = TopicFilter.Parse("load/#");
        TcpServer server = TcpServer.Create(o => o
            .Loops(2)
            .Poller(poller)
            .Hub(new HubOptions
            {
                Topics = [(dropping, new TopicOptions { SlowConsumer = SlowConsumerPolicy.DropOldest })],
            })
            .Listen("tcp://127.0.0.1:0", e => e
                .Framing(LengthPrefix.BigEndian32(maxBytes: 4096))
                .Options(new EndpointOptions { OutboxBytes = 8 << 10 })
                .DeliverGap(static (_, count, output) =>
                {
                    BinaryPrimitives.WriteInt64BigEndian(output.GetSpan(8), count);
                    output.Advance(8);
                })
                .DeliverSnapshotEnd(static (_, output) =>
                {
                    output.GetSpan(1)[0] = (byte)'S';
                    output.Advance(1);
                })
                .OnMessageInline((connection, _) => connection.Subscribe(all))));
        foreach (string topic in s_topics)
            Assert.True(server.Hub.TryGetTopic(topic, out _, out _));
        await server.StartAsync();
        IPEndPoint address = IPEndPoint.Parse(server.Addresses[0]["tcp://".Length..]);
        var clients = new Client[subscribers];
        for (int i = 0; i < subscribers; i++)
            clients[i] = new Client(address, isSlow: i < slow);
        return new FanOut(server, clients[slow..], clients[..slow]);
    }

    /// <summary>
    /// Publishes, and returns when each fast subscriber has read it all and the slow have read what there is.
    /// </summary>
    internal void Publish(int messages)
    {
        for (int i = 0; i < messages; i++)
        {
            _topics[i % _topics.Length].Publish(_payload);
            _published++;
            WaitForFast(_published - Window);
            if (i % SlowTurn == SlowTurn - 1)
                ReadSlow();
        }
        WaitForFast(_published);
        ReadSlow();
    }

    /// <summary>
    /// Gives the pools the size of the worst case at once, which a warm-up of seconds may miss by a few objects.
    /// </summary>
    internal void Prime()
    {
        using var primed = new CountdownEvent(_server.Hosts.Count);
        foreach (LoopHost host in _server.Hosts)
        {
            host.Post(() =>
            {
                PrimeLoop(host);
                primed.Signal();
            });
        }
        if (!primed.Wait(s_timeout))
            throw new TimeoutException("A loop did not run the priming.");
    }

    /// <summary>
    /// Reads the counters, on each loop and of the process; it allocates nothing itself once it has run.
    /// </summary>
    internal AllocatedBytes Measure()
    {
        for (int i = 0; i < _probes.Length; i++)
        {
            _probes[i].Ran.Reset();
            _server.Hosts[i].Loop.Post(_probes[i]);
            if (!_probes[i].Ran.Wait(s_timeout))
                throw new TimeoutException("A loop did not run the probe.");
        }
        long loops = 0;
        foreach (long bytes in _loopBytes)
            loops += bytes;
        return new AllocatedBytes(loops, GC.GetTotalAllocatedBytes(precise: true));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (Reader reader in _readers)
            reader.Dispose();
        foreach (Client client in _slow)
            client.Socket.Dispose();
        await _server.StopAsync(TimeSpan.FromSeconds(5));
    }

    private void WaitForFast(long messages)
    {
        long started = TimeProvider.System.GetTimestamp();
        var spin = new SpinWait();
        while (_readers[0].FewestBytes < messages * FrameBytes || _readers[1].FewestBytes < messages * FrameBytes)
        {
            spin.SpinOnce();
            if (TimeProvider.System.GetElapsedTime(started) > s_timeout)
                throw new TimeoutException($"Not every fast subscriber has {messages} messages.");
        }
    }

    /// <summary>A window for each subscriber and full outboxes for all the slow, as if all were on one loop.</summary>
    private static void PrimeLoop(LoopHost host)
    {
        const int Entries = 4096; // over 180 × 16 fast ones, and 20 × 6,144 / 260 slow ones
        const int Bursts = 256; // of each size class; they are shared, and the window has 16 messages
        var entries = new Stack<OutboxEntry>(Entries);
        for (int i = 0; i < Entries; i++)
        {
            // Frames, their variants and notices are of three size classes; a third of each is more than enough.
            int length = (i % 3) switch { 0 => FrameBytes, 1 => PayloadBytes, _ => sizeof(long) };
            Assert.True(host.Pool.TryRentFrame(length, out Frame? frame));
            entries.Push(host.NewEntry(host.Hub.Frames.Take(frame, null, 0), EntryKind.Direct, null));
        }
        for (int length = FrameBytes; length <= Delivery.LongestJoined; length *= 2)
        {
            for (int i = 0; i < Bursts; i++)
            {
                Assert.True(host.Pool.TryRentFrame(length, out Frame? frame));
                entries.Push(host.NewEntry(host.Hub.Frames.Take(frame, null, 0), EntryKind.Direct, null));
            }
        }
        while (entries.TryPop(out OutboxEntry? entry))
            host.Recycle(entry);
        host.ForEach(0, static (_, slow) => slow.Extras.Dropped += 0); // where a slow one's losses are counted
    }

    /// <summary>Each slow subscriber reads a little several times, so that its outbox drains in steps.</summary>
    private void ReadSlow()
    {
        const int Rounds = 400; // 400 × 1,500 bytes: more than an outbox and what the kernel holds
        for (int round = 0; round < Rounds; round++)
        {
            foreach (Client client in _slow)
                client.Read(_buffer);
        }
    }

    /// <summary>One subscriber's socket, which never blocks.</summary>
    internal sealed class Client
    {
        private const int SmallReceiveBuffer = 4096;

        internal Client(IPEndPoint server, bool isSlow)
        {
            Socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            if (isSlow)
                Socket.ReceiveBufferSize = SmallReceiveBuffer;
            Socket.Connect(server);
            Socket.ReceiveTimeout = (int)s_timeout.TotalMilliseconds;
            Socket.Send([0, 0, 0, 1, (byte)'S']);
            // The mark that the subscription is live, in its frame of five bytes: from here on no message is missed.
            for (int mark = 0; mark < 5;)
                mark += Socket.Receive(new byte[5 - mark]);
            Socket.Blocking = false;
        }

        internal Socket Socket { get; }

        internal long Bytes { get; private set; }

        /// <summary>Reads once; false when nothing was there.</summary>
        internal bool Read(byte[] buffer)
        {
            int count = Socket.Receive(buffer, 0, buffer.Length, SocketFlags.None, out SocketError error);
            if (error is not SocketError.Success and not SocketError.WouldBlock)
                throw new SocketException((int)error);
            Bytes += count;
            return count > 0;
        }
    }

    /// <summary>A thread that reads fast subscribers in turn.</summary>
    private sealed class Reader : IDisposable
    {
        private const int IdleMicroseconds = 500;

        private readonly Client[] _clients;
        private readonly byte[] _buffer = new byte[64 << 10];
        private readonly Thread _thread;
        private volatile bool _stop;
        private long _fewest;

        internal Reader(Client[] clients)
        {
            _clients = clients;
            _thread = new Thread(Run) { IsBackground = true };
            _thread.Start();
        }

        internal long FewestBytes => Volatile.Read(ref _fewest);

        public void Dispose()
        {
            _stop = true;
            _thread.Join();
            foreach (Client client in _clients)
                client.Socket.Dispose();
        }

        private void Run()
        {
            while (!_stop)
            {
                bool any = false;
                long fewest = long.MaxValue;
                foreach (Client client in _clients)
                {
                    any |= client.Read(_buffer);
                    fewest = Math.Min(fewest, client.Bytes);
                }
                Volatile.Write(ref _fewest, fewest);
                if (!any)
                    _clients[0].Socket.Poll(IdleMicroseconds, SelectMode.SelectRead);
            }
        }
    }

    /// <summary>Notes, on a loop, what its thread has allocated.</summary>
    private sealed class AllocationProbe(long[] bytes, int loop) : LoopWork
    {
        internal ManualResetEventSlim Ran { get; } = new();

        protected internal override void Run()
        {
            bytes[loop] = GC.GetAllocatedBytesForCurrentThread();
            Ran.Set();
        }
    }
}
