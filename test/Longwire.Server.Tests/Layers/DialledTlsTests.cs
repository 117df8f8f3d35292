using System.Net;
using System.Text;
using Longwire.Primitives;
using Longwire.Transport;
using Longwire.Transport.Layers;
using Longwire.Transport.Sockets;

namespace Longwire.ServerTests;

/// <summary>Wires that a loop dialled, with TLS between them and the protocol.</summary>
public sealed class DialledTlsTests : IDisposable
{
    private readonly CertificateFolder _folder = new();

    public static TheoryData<PollerKind> Pollers => ServerBench.Pollers;

    public void Dispose() => _folder.Dispose();

    [Theory, MemberData(nameof(Pollers))]
    public async Task A_dialled_wire_speaks_TLS(PollerKind poller)
    {
        await using ServerBench bench = await TlsTests.Echo(poller);
        using var client = new DialledClient(poller);
        Assert.Equal(TransportError.None, await client.Dial(bench.Address, Tls("localhost")));
        for (int i = 0; i < 100; i++)
        {
            await client.Send($"line {i}\n");
            await client.Expect($"line {i}\n");
        }
    }

    [Theory, MemberData(nameof(Pollers))]
    public async Task A_certificate_for_another_name_is_not_trusted(PollerKind poller)
    {
        await using ServerBench bench = await TlsTests.Echo(poller);
        using var client = new DialledClient(poller);
        Assert.Equal(TransportError.NotTrusted, await client.Dial(bench.Address, Tls("example.org")));
    }

    [Theory, MemberData(nameof(Pollers))]
    public async Task A_server_without_TLS_fails_the_handshake(PollerKind poller)
    {
        await using ServerBench bench = await ServerBench.Start(poller, static e => e
            .Framing(LengthPrefix.BigEndian32(maxBytes: 1 << 30))
            .OnConnect(static connection => connection.Send("this is no TLS at all"))
            .OnMessage(static (_, _) => { }));
        using var client = new DialledClient(poller);
        Assert.Equal(TransportError.HandshakeFailed, await client.Dial(bench.Address, Tls("localhost")));
    }

    [Theory, MemberData(nameof(Pollers))]
    public async Task A_server_that_stays_silent_times_out(PollerKind poller)
    {
        await using ServerBench bench = await ServerBench.Start(poller, static e => e
            .Framing(LengthPrefix.BigEndian32(maxBytes: 1 << 30))
            .OnMessage(static (_, _) => { }));
        using var client = new DialledClient(poller);
        Assert.Equal(
            TransportError.TimedOut,
            await client.Dial(bench.Address, Tls("localhost") with { Timeout = TimeSpan.FromMilliseconds(200) }));
    }

    [Fact]
    public async Task A_client_certificate_is_shown()
    {
        var seen = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using ServerBench bench = await ServerBench.Start(PollerKind.Automatic, e => e
            .Framing(Lines.Utf8(maxBytes: 100))
            .UseTls(tls => tls
                .Certificate(TestCertificates.ServerSource)
                .ClientCertificates(ClientCertificates.Required, _folder.Authority)
                .ApplicationProtocols("feed/1"))
            .OnConnect(connection =>
                seen.TrySetResult($"{connection.Tls!.PeerName} {connection.Tls.ApplicationProtocol}"))
            .OnMessageInline(static (_, _) => { }));
        (string certificate, string key) = _folder.WritePair("client", TestCertificates.Issue("client-1"));
        using var client = new DialledClient(PollerKind.Automatic);
        var layer = new TlsClientLayer(new TlsClientOptions
        {
            TargetHost = "localhost",
            Authorities = _folder.Authority,
            Certificate = TlsCertificate.FromPem(certificate, key),
            ApplicationProtocols = ["feed/1"],
        });
        Assert.Equal(TransportError.None, await client.Dial(bench.Address, new DialOptions { Layers = [layer] }));
        Assert.Equal("client-1 feed/1", await Wait.For(seen.Task, "the connection"));
    }

    private DialOptions Tls(string name) => new()
    {
        Layers =
            [new TlsClientLayer(new TlsClientOptions { TargetHost = name, Authorities = _folder.Authority })],
    };

    /// <summary>A loop of its own with one dialled connection.</summary>
    private sealed class DialledClient : IDisposable, IDialHandler, IWireHandler, ILoopTenant
    {
        private readonly SlabPool _pool = new();
        private readonly Loop _loop;
        private readonly TaskCompletionSource<TransportError> _dialled =
            new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly StringBuilder _text = new();
        private volatile string _received = "";
        private Exception? _fault;
        private Wire? _wire;

        internal DialledClient(PollerKind poller)
        {
            Poller made = poller == PollerKind.Socket ? new SocketPoller() : Poller.ForThisSystem();
            _loop = new Loop(0, made, _pool, TimeProvider.System) { Tenant = this };
            _loop.Start();
        }

        public void Dispose()
        {
            Run(() => _wire?.Close(CloseMode.Close)).Wait(Wait.Limit);
            _loop.RequestStop();
            _loop.Join(Wait.Limit);
            _loop.Dispose();
            Assert.Equal(0, _pool.Snapshot().Leases);
            Assert.Null(_fault);
        }

        public bool Flush() => false;

        public void OnFault(Exception exception, object? culprit) => _fault = exception;

        public void OnHeld(TimeSpan duration, object? culprit)
        {
        }

        public void OnDialled(Wire? wire, TransportError error)
        {
            _wire = wire;
            if (wire is not null)
                _loop.Add(wire, this);
            _dialled.SetResult(error);
        }

        public void OnReady()
        {
            while (_wire is { IsReadable: true })
            {
                IoResult result = _wire.Read(_loop.ReceiveBuffer);
                if (result.Status == IoStatus.Done)
                    _received = _text.Append(Encoding.UTF8.GetString(_loop.ReceiveBuffer[..result.Bytes])).ToString();
            }
        }

        internal async Task<TransportError> Dial(string address, DialOptions options)
        {
            IPEndPoint target = IPEndPoint.Parse(address["tcp://".Length..]);
            await Run(() => _loop.Dial(target, options, this));
            return await Wait.For(_dialled.Task, "the dial");
        }

        internal Task Send(string text) => Run(() =>
        {
            Assert.True(_pool.TryRentFrame(text.Length, out Frame? frame));
            Encoding.UTF8.GetBytes(text, frame.Span);
            Assert.Equal(text.Length, _wire!.Write([new Segment(frame)]).Bytes);
            frame.Release();
        });

        internal Task Expect(string end) =>
            Wait.Until(() => _received.EndsWith(end, StringComparison.Ordinal), $"'{end.TrimEnd()}'");

        private Task Run(Action action)
        {
            var work = new Work(action);
            _loop.Post(work);
            return Wait.For(work.Done.Task, "a call on the loop");
        }

        private sealed class Work(Action action) : LoopWork
        {
            internal TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

            protected internal override void Run()
            {
                try
                {
                    action();
                    Done.SetResult();
                }
                catch (Exception exception)
                {
                    Done.SetException(exception);
                }
            }
        }
    }
}
