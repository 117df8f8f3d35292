using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Longwire.Protocols.Feed;
using Longwire.ServerTests;
using Longwire.Transport.Layers;

namespace Longwire.ClientTests;

/// <summary>How a client comes to a server, stays there, and comes back.</summary>
public sealed class ConnectionTests
{
    public static TheoryData<PollerKind> Pollers => FeedBench.Pollers;

    private const string TenTens = Ten + Ten + Ten + Ten + Ten + Ten + Ten + Ten + Ten + Ten;
    private const string Ten = "1234567890";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task A_goodbye_is_honoured(PollerKind poller)
    {
        await using FeedBench bench = await FeedBench.Start(poller, static feed => feed
            .Limits(new FeedLimits
            {
                RetryAfter = TimeSpan.FromSeconds(1),
                RetryJitter = TimeSpan.FromMilliseconds(100),
            }));
        FeedClient client = bench.Connect();
        var seen = new ConcurrentQueue<ClientStatus>();
        client.StatusChanged += seen.Enqueue;
        await using var watch = new Watch(client, "a");
        await watch.Expect("complete a");
        await bench.StopServer();
        await Wait.Until(() => seen.Any(static s => s.State == ClientState.Waiting), "the wait");
        ClientStatus waiting = seen.First(static s => s.State == ClientState.Waiting);
        Assert.InRange(waiting.Retry.TotalSeconds, 0.9, 1.2);
        await bench.StartServer();
        await watch.Until(FeedUpdateKind.Restarted);
        await watch.Expect("complete a");
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task When_one_server_is_gone_the_next_is_asked(PollerKind poller)
    {
        await using FeedBench first = await FeedBench.Start(poller, static feed => feed
            .Limits(new FeedLimits { RetryAfter = TimeSpan.FromDays(1) }));
        await using FeedBench second = await FeedBench.Start(poller);
        first.Hub.Publish("a", "first"u8);
        second.Hub.Publish("a", "second"u8);
        FeedClient client = first.Connect(o => o with { Servers = [first.Address, second.Address] });
        await using var watch = new Watch(client, "a");
        await watch.Expect("a 1 first", "complete a");
        Assert.Equal(first.Address, client.Status.Server);
        await first.StopServer(); // it asks not to be asked today
        await watch.Until(FeedUpdateKind.Restarted);
        await watch.Expect("a 1 second", "complete a");
        Assert.Equal(second.Address, client.Status.Server);
        await second.Cut();
        await watch.Expect("complete a"); // the same one again, though the other is first in the list
        Assert.Equal(second.Address, client.Status.Server);
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task A_server_that_says_nothing_any_more_is_left(PollerKind poller)
    {
        using var dead = new TcpListener(IPAddress.Loopback, 0);
        dead.Start();
        await using FeedBench bench = await FeedBench.Start(poller);
        FeedClient client = bench.Connect(o => o with
        {
            Servers = [$"tcp://{dead.LocalEndpoint}"],
        });
        using TcpClient first = await Accept(dead);
        var hello = new ArrayBufferWriter<byte>();
        FeedHello.Write(hello, 1, FeedFeatures.None, 7, 0, TimeSpan.FromMilliseconds(100), "dead");
        byte[] frame = [0, 0, 0, (byte)hello.WrittenCount, .. hello.WrittenSpan];
        await first.GetStream().WriteAsync(frame, Cancellation);
        using TcpClient second = await Accept(dead);
        Assert.Contains("nothing was received", client.Status.Reason, StringComparison.Ordinal);
        byte[] received = new byte[1024]; // what it sent: HELLO, and then the question
        int length = await Wait.For(
            first.GetStream().ReadAtLeastAsync(received, 40, throwOnEndOfStream: false, Cancellation).AsTask(), "PING");
        Assert.Contains((byte)FeedType.Ping, received[..length]);
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task A_server_that_is_none_is_told_and_left(PollerKind poller)
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        await using FeedBench bench = await FeedBench.Start(poller);
        FeedClient client = bench.Connect(o => o with { Servers = [$"tcp://{other.LocalEndpoint}"] });
        foreach ((byte[] answer, string reason) in new (byte[], string)[]
        {
            ("HTTP/1.1 400 Bad Request\r\n"u8.ToArray(), "TooLarge"),
            ([0, 0, 0, 2, 1, 0], "malformed message, in the field 'version'"),
            ([0, 0, 0, 31, 1, 0, 2, .. new byte[20], 0, 8, .. "longwire"u8], "version 2"),
            ([0, 0, 0, 11, 4, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0], "the server ends the connection"),
        })
        {
            using TcpClient accepted = await Accept(other);
            await accepted.GetStream().WriteAsync(answer, Cancellation);
            await Wait.Until(
                () => client.Status is { State: ClientState.Waiting or ClientState.Connecting, Reason: { } why }
                    && why.Contains(reason, StringComparison.Ordinal),
                reason);
        }
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task A_server_that_lets_in_and_is_of_no_use_is_passed_over(PollerKind poller)
    {
        using var mute = new TcpListener(IPAddress.Loopback, 0);
        mute.Start(); // the kernel accepts for it
        await using FeedBench bench = await FeedBench.Start(poller);
        FeedClient client = bench.Connect(o => o with
        {
            Servers = [$"tcp://{mute.LocalEndpoint}", bench.Address],
            ConnectTimeout = TimeSpan.FromMilliseconds(300),
        });
        await using var watch = new Watch(client, "a");
        await watch.Expect("complete a");
        Assert.Equal(bench.Address, client.Status.Server);
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task A_listener_to_the_status_that_throws_stops_nothing(PollerKind poller)
    {
        await using FeedBench bench = await FeedBench.Start(poller);
        bench.ExpectedError = "StatusChanged threw";
        FeedClient client = bench.Connect();
        client.StatusChanged += static _ => throw new InvalidOperationException("planted");
        await using var watch = new Watch(client, "a");
        await watch.Expect("complete a");
        await bench.Cut();
        await watch.Expect("complete a");
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task A_server_s_smaller_limit_is_heeded(PollerKind poller)
    {
        await using FeedBench bench = await FeedBench.Start(poller, static feed => feed
            .Limits(new FeedLimits { MaxMessageBytes = 4096, RetryAfter = TimeSpan.Zero, RetryJitter = TimeSpan.Zero })
            .OnCommand(static (_, command) => ValueTask.FromResult<FeedAnswer>("fine")));
        for (int i = 0; i < 300; i++)
            bench.Publish($"a/topic-with-a-name-of-some-length/{i}", "x");
        FeedClient client = bench.Connect();
        await using var watch = new Watch(client, "a/#");
        await watch.Until(FeedUpdateKind.Complete);
        await bench.Cut();
        await watch.Until(FeedUpdateKind.Complete); // its positions were cut to what the server takes
        FeedException large = await Assert.ThrowsAsync<FeedException>(
            () => client.RequestAsync("x", new byte[5000], FeedBench.Long, Cancellation));
        Assert.Equal(FeedErrorCode.TooLarge, large.Code);
        Assert.Equal("fine", await client.RequestAsync("x", "", FeedBench.Long, Cancellation));
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task A_login_is_tried_until_it_is_right(PollerKind poller)
    {
        await using FeedBench bench = await FeedBench.Start(poller, static feed => feed
            .Authenticate(static (_, user, secret) => ValueTask.FromResult(user == "ada" && secret == "sesame"))
            .OnCommand(static (connection, _) => ValueTask.FromResult<FeedAnswer>(connection.Session.User!)));
        int asked = 0;
        FeedClient client = bench.Connect(o => o with
        {
            User = "ada",
            Secret = () => Interlocked.Increment(ref asked) == 1 ? "wrong" : "sesame",
        });
        var reasons = new ConcurrentQueue<string?>();
        client.StatusChanged += status => reasons.Enqueue(status.Reason);
        Assert.Equal("ada", await client.RequestAsync(
            "who", "", FeedBench.Long, Cancellation));
        Assert.Contains(reasons, static why => why?.Contains("login as ada failed", StringComparison.Ordinal) == true);
        FeedClient nobody = bench.Connect();
        await Wait.Until(
            () => nobody.Status.Reason?.Contains("set User", StringComparison.Ordinal) == true, "the demand");
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task Over_tls_with_a_name_and_an_authority(PollerKind poller)
    {
        using var folder = new CertificateFolder();
        await using FeedBench bench = await FeedBench.Start(poller, endpoint: static endpoint => endpoint
            .UseTls(static tls => tls.Certificate(TestCertificates.ServerSource)));
        bench.Hub.Publish("a", "x"u8);
        string port = bench.Address[(bench.Address.LastIndexOf(':') + 1)..];
        string authority = folder.Authority;
        FeedClient client = bench.Connect(o => o with
        {
            Servers = [$"tls://localhost:{port}"],
            Tls = host => new TlsClientOptions { TargetHost = host, Authorities = authority },
        });
        FeedUpdate held = Assert.Single(await client.GetAsync(
            "a", FeedBench.Long, Cancellation));
        Assert.Equal("a 1 x", $"{held}");
        FeedClient distrustful = bench.Connect(o => o with { Servers = [$"tls://localhost:{port}"] });
        await Wait.Until(
            () => distrustful.Status.Reason?.Contains("not trusted", StringComparison.Ordinal) == true, "the refusal");
        FeedClient plain = bench.Connect(o => o with { ConnectTimeout = TimeSpan.FromMilliseconds(500) });
        await Wait.Until(() => plain.Status.Reason is not null, "the end of the plain one");
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task The_end_ends_everything_that_waits(PollerKind poller)
    {
        await using FeedBench bench = await FeedBench.Start(poller, static feed => feed
            .OnCommand(static async (_, command) =>
            {
                await command.Cancellation.WhenCancelled();
                return "";
            }));
        FeedClient client = bench.Connect();
        await using var watch = new Watch(client, "a");
        await watch.Expect("complete a");
        Task<string> request = client.RequestAsync(
            "hang", "", FeedBench.Long, Cancellation);
        await Wait.For(client.DisposeAsync().AsTask(), "the end");
        await Wait.For(client.DisposeAsync().AsTask(), "the end, again");
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Wait.For(watch.Ended, "the subscription's end"));
        await Assert.ThrowsAsync<IOException>(() => request);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.RequestAsync(
            "late", "", FeedBench.Long, Cancellation));
        await using var late = new Watch(client, "b");
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Wait.For(late.Ended, "the refusal"));
        Assert.Equal(ClientState.Closed, client.Status.State);
        await Wait.Until(() => bench.Server.ConnectionCount == 0, "the server's side");
    }

    [Fact]
    public async Task A_client_that_never_connected_ends_as_well()
    {
        using ClientLoop loop = FeedBench.NewLoop(PollerKind.Automatic);
        var unknown = new FeedClient(new FeedClientOptions { Servers = ["nowhere.invalid:1"], Loop = loop });
        await Wait.Until(
            () => unknown.Status is { State: ClientState.Waiting, Reason: not null }, "the name's failure");
        await Wait.For(unknown.DisposeAsync().AsTask(), "the end of one that waits");
        var resolving = new FeedClient(new FeedClientOptions { Servers = ["nowhere.invalid:1"], Loop = loop });
        await Wait.For(resolving.DisposeAsync().AsTask(), "the end of one that resolves");
    }

    [Theory]
    [InlineData("tcp://example.org:2324", "example.org", 2324, false)]
    [InlineData("example.org:1", "example.org", 1, false)]
    [InlineData("tls://10.0.0.1:65535", "10.0.0.1", 65535, true)]
    [InlineData("tcp://[::1]:80", "::1", 80, false)]
    [InlineData("unix:///run/app.sock", "", 0, false)]
    public void An_address_is_read(string text, string host, int port, bool isTls)
    {
        ServerAddress address = ServerAddress.Parse(text);
        Assert.Equal((host, port, isTls), (address.Host, address.Port, address.IsTls));
        bool isKnown = host.Length == 0 || char.IsAsciiDigit(host[0]) || host[0] == ':';
        Assert.Equal(isKnown, address.AsEndPoint() is not null);
    }

    [Theory]
    [InlineData("", "no host and port")]
    [InlineData("example.org", "no host and port")]
    [InlineData(":80", "no host and port")]
    [InlineData("tcp://example.org:0", "from 1 to 65535")]
    [InlineData("tcp://example.org:65536", "from 1 to 65535")]
    [InlineData("tcp://example.org:http", "'http' is not a number")]
    [InlineData("http://example.org:80", "no host and port")]
    [InlineData("::1:80", "in brackets")]
    [InlineData("tcp://a b:80", "neither a name nor")]
    [InlineData("unix://", "needs a path")]
    [InlineData("unix:///" + TenTens + "12345678", "107")]
    public void What_is_no_address_is_refused_with_its_reason(string text, string reason)
    {
        ArgumentException refused = Assert.Throws<ArgumentException>(
            () => new FeedClient(new FeedClientOptions { Servers = [text] }));
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        Assert.StartsWith("FeedClientOptions.Servers", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_out_of_range_are_named()
    {
        var good = new FeedClientOptions { Servers = ["127.0.0.1:1"] };
        foreach ((FeedClientOptions bad, string option) in new (FeedClientOptions, string)[]
        {
            (good with { Servers = [] }, "Servers"),
            (good with { ConnectTimeout = TimeSpan.Zero }, "ConnectTimeout"),
            (good with { MinBackOff = TimeSpan.Zero }, "MinBackOff"),
            (good with { MaxBackOff = TimeSpan.FromMilliseconds(1) }, "MaxBackOff"),
            (good with { SendBytes = 0 }, "SendBytes"),
            (good with { Name = new string('x', 257) }, "Name"),
            (good with { User = new string('x', 257) }, "User"),
            (good with { MaxMessageBytes = 1 }, "MaxMessageBytes"),
            (good with { MaxRequests = 0 }, "MaxRequests"),
            (good with { MaxTopics = 0 }, "MaxTopics"),
        })
        {
            ArgumentException refused = Assert.Throws<ArgumentException>(() => new FeedClient(bad));
            Assert.StartsWith($"FeedClientOptions.{option} must be", refused.Message, StringComparison.Ordinal);
        }
        var framed = new FramedClientOptions
        {
            Servers = ["127.0.0.1:1"],
            Codec = Lines.Utf8(100),
            OnMessage = static (_, _) => { },
        };
        foreach ((FramedClientOptions bad, string option) in new (FramedClientOptions, string)[]
        {
            (framed with { Codec = null! }, "Codec"),
            (framed with { OnMessage = null! }, "OnMessage"),
            (framed with { SilenceTimeout = TimeSpan.Zero }, "SilenceTimeout"),
        })
        {
            ArgumentException refused = Assert.Throws<ArgumentException>(() => new FramedClient(bad));
            Assert.StartsWith($"FramedClientOptions.{option} must be", refused.Message, StringComparison.Ordinal);
        }
    }

    private static Task<TcpClient> Accept(TcpListener listener) =>
        Wait.For(listener.AcceptTcpClientAsync(Cancellation).AsTask(), "a connection");
}
