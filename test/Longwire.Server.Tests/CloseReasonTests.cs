using System.Net.Sockets;
using Longwire.Primitives;
using Longwire.Transport;

namespace Longwire.ServerTests;

/// <summary>One test per close reason: what causes it, how the peer sees it, and that it is told once.</summary>
public sealed class CloseReasonTests
{
    private static readonly TimeSpan s_short = TimeSpan.FromMilliseconds(150);

    public static TheoryData<PollerKind> Pollers => ServerBench.Pollers;

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task PeerClosed_after_a_FIN_between_frames(PollerKind poller)
    {
        await using Case one = await Case.Start(poller);
        one.Client.Send("hello\n");
        one.Client.Finish();
        Assert.Equal("hello\n", await one.Client.ReadToEnd());
        await one.Expect(CloseReason.PeerClosed);
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task PeerReset_after_a_RST(PollerKind poller)
    {
        await using Case one = await Case.Start(poller);
        one.Client.Reset();
        await one.Expect(CloseReason.PeerReset);
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task PeerReset_also_in_the_middle_of_a_write(PollerKind poller)
    {
        await using Case one = await Case.Start(poller, receiveBuffer: 4096);
        await one.Stall();
        one.Client.Reset();
        await one.Expect(CloseReason.PeerReset);
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task ClosedByApplication_flushes_and_sends_FIN(PollerKind poller)
    {
        await using Case one = await Case.Start(poller);
        Assert.Equal(SendResult.Queued, one.Connection.Send("last words"));
        Task<CloseReason> closed = one.Connection.CloseAsync();
        Assert.False(one.Connection.IsOpen);
        Assert.Equal("last words\n", await one.Client.ReadToEnd());
        one.Client.Finish();
        await one.Expect(CloseReason.ClosedByApplication);
        Assert.Equal(CloseReason.ClosedByApplication, await closed);
        Assert.Equal(SendResult.Closed, one.Connection.Send("too late"));
        Assert.Equal(SubscribeResult.Closed, one.Connection.Subscribe(TopicFilter.Parse("#")));
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task ClosedByApplication_also_when_the_peer_never_closes(PollerKind poller)
    {
        await using Case one = await Case.Start(poller, o => o with { LingerTimeout = s_short });
        Task<CloseReason> closed = one.Connection.CloseAsync(TimeSpan.FromMinutes(10));
        // The linger time counts from the FIN, whatever the deadline was.
        Assert.Equal("", await one.Client.ReadToEnd());
        Assert.Equal(CloseReason.ClosedByApplication, await Wait.For(closed, "the end of lingering"));
        await one.Expect(CloseReason.ClosedByApplication);
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task ClosedByApplication_aborts_what_is_not_flushed_by_the_deadline(PollerKind poller)
    {
        await using Case one = await Case.Start(poller, receiveBuffer: 4096);
        await one.Stall();
        _ = one.Connection.CloseAsync(s_short);
        await one.Expect(CloseReason.ClosedByApplication);
        await one.Client.ExpectReset();
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task AbortedByApplication_resets(PollerKind poller)
    {
        await using Case one = await Case.Start(poller);
        one.Connection.Abort();
        await one.Client.ExpectReset();
        await one.Expect(CloseReason.AbortedByApplication);
        Assert.Throws<ArgumentException>(() => one.Connection.Abort(CloseReason.None));
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task The_first_reason_wins(PollerKind poller)
    {
        await using Case one = await Case.Start(poller);
        one.Connection.Abort(CloseReason.MemoryPressure);
        one.Connection.Abort(CloseReason.SlowConsumer);
        _ = one.Connection.CloseAsync();
        await one.Expect(CloseReason.MemoryPressure);
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task IdleTimeout_after_silence(PollerKind poller)
    {
        await using Case one = await Case.Start(poller, static o => o with { IdleTimeout = s_short });
        Assert.Equal("", await one.Client.ReadToEnd());
        await one.Expect(CloseReason.IdleTimeout);
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task SlowConsumer_when_the_policy_is_to_disconnect(PollerKind poller)
    {
        await using Case one = await Case.Start(
            poller, static o => o with { SlowConsumer = SlowConsumerPolicy.Disconnect, OutboxBytes = 8192 }, 4096);
        await one.SubscribeTo("t");
        for (int i = 0; i < 1_000_000 && one.Connection.IsOpen; i++)
            one.Bench.Hub.Publish("t", new byte[1000]);
        await one.Expect(CloseReason.SlowConsumer);
        await one.Client.ExpectReset();
        Assert.True(one.Bench.Hub.FindTopic("t")!.Deliveries.Disconnected > 0);
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task SlowConsumer_also_by_age(PollerKind poller)
    {
        await using Case one = await Case.Start(
            poller, static o => o with { SlowConsumer = SlowConsumerPolicy.Disconnect, OutboxAge = s_short }, 4096);
        await one.SubscribeTo("t");
        for (int i = 0; i < 100; i++) // far less than the outbox takes, more than the kernel does
            one.Bench.Hub.Publish("t", new byte[1000]);
        await one.Expect(CloseReason.SlowConsumer);
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task WriteStalled_when_the_peer_takes_nothing(PollerKind poller)
    {
        await using Case one = await Case.Start(poller, static o => o with { StallTimeout = s_short }, 4096);
        await one.Stall();
        await one.Expect(CloseReason.WriteStalled);
        await one.Client.ExpectReset();
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task WriteStalled_also_when_all_that_waits_is_conflated(PollerKind poller)
    {
        await using Case one = await Case.Start(
            poller,
            static o => o with { StallTimeout = s_short * 4, OutboxAge = s_short, OutboxBytes = 64 << 10 },
            4096);
        await one.SubscribeTo("t");
        byte[] value = new byte[256];
        value.AsSpan().Fill((byte)'x');
        await Wait.Until(
            () =>
            {
                one.Bench.Hub.Publish("t", value);
                return one.Bench.Hub.FindTopic("t")!.Deliveries.Conflated > 0;
            },
            "conflation");
        await one.Expect(CloseReason.WriteStalled);
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task PeerUnresponsive_when_nothing_is_acknowledged(PollerKind poller)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs TCP_INFO, and a socket filter");
        await using Case one = await Case.Start(
            poller,
            static o => o with
            {
                HeartbeatInterval = TimeSpan.FromMilliseconds(20),
                HeartbeatTimeout = TimeSpan.FromMilliseconds(100),
            });
        one.Client.GoDark();
        Assert.Equal(SendResult.Queued, one.Connection.Send("is anybody there?"));
        await one.Expect(CloseReason.PeerUnresponsive);
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task TooManyConnections_at_the_door(PollerKind poller)
    {
        await using Case one = await Case.Start(
            poller, server: static o => o.Limits(new ServerLimits { MaxConnections = 1 }));
        await one.ExpectRefusal();
        Assert.Equal(1, one.Bench.Server.Snapshot().Refused);
        Assert.Contains(one.Bench.Logs.Entries, static entry =>
            entry.Id.Id == 1103 && entry.Text.Contains("TooManyConnections", StringComparison.Ordinal));
        one.Client.Finish();
        await one.Expect(CloseReason.PeerClosed);
        await Wait.Until(() => one.Bench.Server.ConnectionCount == 0, "the place to be free");
        TestClient third = await one.Bench.Connect();
        third.Send("in\n");
        Assert.Equal("in", await third.ReadLine());
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task TooManyFromAddress_at_the_door(PollerKind poller)
    {
        await using Case one = await Case.Start(
            poller, server: static o => o.Limits(new ServerLimits { MaxConnectionsPerAddress = 1 }));
        using (TestClient other = await TestClient.Connect(
            one.Bench.Address, from: System.Net.IPAddress.Parse("127.0.0.2")))
        {
            other.Send("from elsewhere\n");
            Assert.Equal("from elsewhere", await other.ReadLine());
        }
        await one.ExpectRefusal();
        Assert.Contains(one.Bench.Logs.Entries, static entry =>
            entry.Text.Contains("TooManyFromAddress", StringComparison.Ordinal));
        one.Client.Finish();
        Assert.Equal(CloseReason.PeerClosed, await Wait.For(one.Connection.Closed, "the end of the first"));
        await Wait.Until(() => one.Bench.Server.ConnectionCount == 0, "the place to be free");
        TestClient third = await one.Bench.Connect();
        third.Send("in\n");
        Assert.Equal("in", await third.ReadLine());
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task MemoryPressure_when_the_pool_is_at_its_ceiling(PollerKind poller)
    {
        await using Case one = await Case.Start(
            poller, server: static o => o.Loops(1).Memory(new SlabPoolOptions { CeilingBytes = 1 << 20 }),
            codec: LengthPrefix.BigEndian32(4 << 20));
        one.Client.Send([0, 0x3f, 0xff, 0xff]);
        try
        {
            one.Client.Send(new byte[4 << 20]);
        }
        catch (SocketException exception)
        {
            SocketError[] expected = [SocketError.ConnectionReset, SocketError.Shutdown];
            Assert.Contains(exception.SocketErrorCode, expected);
        }
        one.Client.Dispose();
        await one.Expect(CloseReason.MemoryPressure);
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task HandlerFailed_when_a_handler_throws(PollerKind poller)
    {
        await using Case one = await Case.Start(poller);
        one.Bench.ExpectedErrors.Add("on purpose");
        one.Client.Send("throw\nafter\n");
        await one.Client.ExpectReset();
        await one.Expect(CloseReason.HandlerFailed);
        Assert.DoesNotContain("after", one.Events.All);
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task MalformedFrame_when_the_bytes_are_none(PollerKind poller)
    {
        await using Case one = await Case.Start(poller, codec: LengthPrefix.BigEndian32(100));
        one.Client.Send([0xff, 0xff, 0xff, 0xff, 1]);
        Assert.Equal("", await one.Client.ReadToEnd());
        CloseReason reason = await Wait.For(one.Connection.Closed, "the end");
        Assert.Contains(reason, (CloseReason[])[CloseReason.MalformedFrame, CloseReason.FrameTooLarge]);
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task FrameTooLarge_over_the_limit(PollerKind poller)
    {
        await using Case one = await Case.Start(poller);
        one.Client.Send(new string('x', 3000) + "\n");
        Assert.Equal("", await one.Client.ReadToEnd());
        one.Client.Finish();
        await one.Expect(CloseReason.FrameTooLarge);
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task TruncatedFrame_when_the_stream_ends_inside_one(PollerKind poller)
    {
        await using Case one = await Case.Start(poller);
        one.Client.Send("no line feed");
        one.Client.Finish();
        Assert.Equal("", await one.Client.ReadToEnd());
        await one.Expect(CloseReason.TruncatedFrame);
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task What_came_whole_before_a_broken_frame_is_answered(PollerKind poller)
    {
        await using Case one = await Case.Start(poller);
        one.Client.Send("one\ntwo\nhalf");
        one.Client.Finish();
        Assert.Equal("one\ntwo\n", await one.Client.ReadToEnd());
        await one.Expect(CloseReason.TruncatedFrame);
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task ServerShutdown_with_goodbye_and_FIN(PollerKind poller)
    {
        await using Case one = await Case.Start(poller);
        Task stop = one.Bench.Stop();
        Assert.Equal("bye\n", await one.Client.ReadToEnd());
        one.Client.Finish();
        await stop;
        await one.Expect(CloseReason.ServerShutdown);
    }

    /// <summary>One connection to an echo server, and what its handlers saw.</summary>
    private sealed class Case : IAsyncDisposable
    {
        private Case(ServerBench bench, TestClient client, Events events, Connection connection)
        {
            Bench = bench;
            Client = client;
            Events = events;
            Connection = connection;
        }

        internal ServerBench Bench { get; }

        internal TestClient Client { get; }

        internal Events Events { get; }

        internal Connection Connection { get; }

        internal static async Task<Case> Start(
            PollerKind poller, Func<EndpointOptions, EndpointOptions>? options = null, int receiveBuffer = 0,
            Action<TcpServerBuilder>? server = null, Codec? codec = null)
        {
            var events = new Events();
            ServerBench bench = await ServerBench.Start(
                poller,
                e => e.Framing(codec ?? Lines.Utf8(maxBytes: 2048))
                    .Options((options ?? (static o => o))(EndpointOptions.Default))
                    .Goodbye("bye"u8)
                    .OnMessage((connection, line) =>
                    {
                        events.Add(line.ToString());
                        if (line.Span.SequenceEqual("throw"u8))
                            throw new InvalidOperationException("on purpose");
                        connection.Send(line);
                    })
                    .OnClosed((_, reason) => events.Add($"closed {reason}")),
                server);
            TestClient client = await bench.Connect(receiveBuffer);
            return new Case(bench, client, events, await bench.OnlyConnection());
        }

        public ValueTask DisposeAsync() => Bench.DisposeAsync();

        /// <summary>Sends until nothing more is taken.</summary>
        internal async Task Stall()
        {
            byte[] line = new byte[250];
            line.AsSpan().Fill((byte)'x');
            for (int quiet = 0; quiet < 3;)
            {
                while (Connection.Send(line) == SendResult.Queued)
                    quiet = 0;
                long before = await BytesSent();
                quiet = await BytesSent() == before ? quiet + 1 : 0;
            }
        }

        /// <summary>Bytes that the wire took; -1 once the connection has ended.</summary>
        private async Task<long> BytesSent() =>
            (await Bench.Server.GetConnectionsAsync(TestContext.Current.CancellationToken))
                .FirstOrDefault(one => one.Id == Connection.Id)?.BytesSent ?? -1;

        internal async Task SubscribeTo(string filter)
        {
            Connection.Subscribe(TopicFilter.Parse(filter));
            await Wait.Until(
                async () => (await Bench.Snapshot(Connection.Id)).Subscriptions == 1, "the subscription");
        }

        /// <summary>The reset may come as early as the connect's own answer.</summary>
        internal async Task ExpectRefusal()
        {
            try
            {
                TestClient refused = await Bench.Connect();
                await refused.ExpectReset();
            }
            catch (SocketException exception)
            {
                Assert.Equal(SocketError.ConnectionReset, exception.SocketErrorCode);
            }
        }

        internal async Task Expect(CloseReason reason)
        {
            Assert.Equal(reason, await Wait.For(Connection.Closed, $"the end by {reason}"));
            Assert.Equal(reason, Connection.Reason);
            await Events.Until($"closed {reason}");
            Assert.Equal($"closed {reason}", Events.All[^1]);
            Assert.Single(Events.All, static text => text.StartsWith("closed", StringComparison.Ordinal));
            Assert.Null(Bench.Server.Find(Connection.Id));
        }
    }
}
