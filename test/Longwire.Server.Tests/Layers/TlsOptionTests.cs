using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Longwire.Transport.Layers;

namespace Longwire.ServerTests;

/// <summary>What an endpoint's TLS shows and asks for.</summary>
public sealed class TlsOptionTests
{
    public static TheoryData<PollerKind> Pollers => ServerBench.Pollers;

    [Theory]
    [InlineData("localhost", "localhost")]
    [InlineData("EXAMPLE.org", "example.org")]
    [InlineData("a.example.org", "*.example.org")]
    [InlineData("a.b.example.org", "localhost")]
    [InlineData("unknown", "localhost")]
    [InlineData("b\u00fccher.example", "xn--bcher-kva.example")]
    [InlineData("xn--bcher-kva.example", "xn--bcher-kva.example")]
    [InlineData("127.0.0.1", "localhost")] // an address is not asked for by SNI
    public async Task The_name_that_a_client_asks_for_chooses_the_certificate(string asked, string shown)
    {
        await using ServerBench bench = await Start(PollerKind.Automatic, static tls => tls
            .Certificate(TestCertificates.ServerSource)
            .Certificate(TlsCertificate.From(TestCertificates.Issue("example.org")))
            .Certificate(TlsCertificate.From(TestCertificates.Issue("*.example.org")))
            .Certificate(TlsCertificate.From(TestCertificates.Issue("xn--bcher-kva.example"))));
        using TlsClient client = await TlsClient.Connect(bench.Address, o =>
        {
            o.TargetHost = asked;
            o.RemoteCertificateValidationCallback = static (_, shown, _, _) => shown is not null;
        });
        Assert.Equal($"CN={shown}", client.Stream.RemoteCertificate!.Subject);
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task Both_versions_are_spoken(SslProtocols version)
    {
        await using ServerBench bench = await TlsTests.Echo(PollerKind.Automatic);
        using TlsClient client = await TlsClient.Connect(bench.Address, o => o.EnabledSslProtocols = version);
        Assert.Equal(version, client.Stream.SslProtocol);
        await client.Send("hello\n");
        Assert.Equal("hello", await client.ReadLine());
    }

    [Fact]
    public async Task The_first_common_application_protocol_is_chosen_and_others_are_refused()
    {
        await using ServerBench bench = await Start(PollerKind.Automatic, static tls => tls
            .Certificate(TestCertificates.ServerSource).ApplicationProtocols("feed/2", "feed/1"));
        using TlsClient old = await TlsClient.Connect(
            bench.Address, static o => o.ApplicationProtocols = [new("feed/1"), new("feed/0")]);
        Assert.Equal("feed/1", old.Stream.NegotiatedApplicationProtocol.ToString());
        using TlsClient plain = await TlsClient.Connect(bench.Address);
        await plain.Send("hello\n");
        Assert.Equal("hello", await plain.ReadLine());
        using TlsClient other = await TlsClient.Dial(bench.Address);
        await Assert.ThrowsAsync<AuthenticationException>(
            () => other.Authenticate(static o => o.ApplicationProtocols = [new("h2")]));
        await Failed(bench, HandshakeFailure.NoCommonVersion);
    }

    [Theory, MemberData(nameof(Pollers))]
    public async Task A_client_certificate_is_the_connections_identity(PollerKind poller)
    {
        using var folder = new CertificateFolder();
        var seen = new TaskCompletionSource<TlsSession?>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using ServerBench bench = await ServerBench.Start(poller, e => e
            .Framing(Lines.Utf8(maxBytes: 100))
            .UseTls(tls => tls
                .Certificate(TestCertificates.ServerSource)
                .ClientCertificates(ClientCertificates.Required, folder.Authority))
            .OnConnect(connection => seen.TrySetResult(connection.Tls))
            .OnMessageInline(static (connection, line) => connection.Send(line)));
        using X509Certificate2 certificate = TestCertificates.Issue("device-7.example.org");
        using TlsClient client = await Connect(bench, certificate);
        TlsSession session = (await Wait.For(seen.Task, "the connection"))!;
        Assert.Equal("device-7.example.org", session.PeerName);
        Assert.Equal(certificate.Thumbprint, session.PeerCertificate!.Thumbprint);
        await client.Send("hello\n");
        Assert.Equal("hello", await client.ReadLine());
    }

    [Fact]
    public async Task A_name_of_the_alternative_names_goes_before_whatever_the_subject_says()
    {
        using var folder = new CertificateFolder();
        var seen = new TaskCompletionSource<TlsSession?>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using ServerBench bench = await ServerBench.Start(PollerKind.Automatic, e => e
            .Framing(Lines.Utf8(maxBytes: 100))
            .UseTls(tls => tls
                .Certificate(TestCertificates.ServerSource)
                .ClientCertificates(ClientCertificates.Required, folder.Authority))
            .OnConnect(connection => seen.TrySetResult(connection.Tls))
            .OnMessageInline(static (connection, line) => connection.Send(line)));
        using X509Certificate2 certificate = TestCertificates.Issue(
            "device-7.example.org", subject: "E=admin@example.org, CN=device-7",
            uri: new Uri("spiffe://example.org/device-7"));
        using TlsClient client = await Connect(bench, certificate);
        Assert.Equal("spiffe://example.org/device-7", (await Wait.For(seen.Task, "the connection"))!.PeerName);
    }

    [Theory]
    [InlineData(ClientCertificates.None, "none", true)]
    [InlineData(ClientCertificates.None, "good", true)]
    [InlineData(ClientCertificates.Optional, "none", true)]
    [InlineData(ClientCertificates.Optional, "good", true)]
    [InlineData(ClientCertificates.Optional, "foreign", false)]
    [InlineData(ClientCertificates.Optional, "expired", false)]
    [InlineData(ClientCertificates.Required, "none", false)]
    [InlineData(ClientCertificates.Required, "good", true)]
    [InlineData(ClientCertificates.Required, "foreign", false)]
    [InlineData(ClientCertificates.Required, "expired", false)]
    public async Task Client_certificates_are_asked_for_and_checked(
        ClientCertificates asked, string shown, bool admitted)
    {
        using var folder = new CertificateFolder();
        await using ServerBench bench = await Start(PollerKind.Automatic, tls => tls
            .Certificate(TestCertificates.ServerSource)
            .ClientCertificates(asked, asked == ClientCertificates.None ? null : folder.Authority));
        using X509Certificate2 foreigner = TestCertificates.MakeAuthority("CN=somebody");
        using X509Certificate2? certificate = shown switch
        {
            "none" => null,
            "good" => TestCertificates.Issue("client"),
            "foreign" => TestCertificates.Issue("client", foreigner),
            _ => TestCertificates.Issue(
                "client", from: DateTimeOffset.UtcNow.AddDays(-9), to: DateTimeOffset.UtcNow.AddDays(-2)),
        };
        // TLS 1.3: the client has finished before the server has seen its certificate; a read tells.
        string? answer = null;
        try
        {
            using TlsClient client = await Connect(bench, certificate);
            await client.Send("hello\n");
            answer = await client.ReadLine();
        }
        catch (Exception exception) when (exception is IOException or AuthenticationException)
        {
            Assert.False(admitted, exception.ToString());
        }
        Assert.Equal(admitted ? "hello" : null, answer);
        if (!admitted)
            await Failed(bench, HandshakeFailure.PeerCertificate);
    }

    private static Task<TlsClient> Connect(ServerBench bench, X509Certificate2? certificate) =>
        TlsClient.Connect(bench.Address, o =>
        {
            if (certificate is not null)
                o.ClientCertificateContext = SslStreamCertificateContext.Create(certificate, null, offline: true);
        });

    private static Task Failed(ServerBench bench, HandshakeFailure cause) => Wait.Until(
        () => bench.Logs.Entries.Any(entry =>
            entry.Id.Id == 1105 && entry.Text.Contains($"failed: {cause}", StringComparison.Ordinal)),
        $"a handshake to fail with {cause}; {string.Join('\n', bench.Logs.Entries.Select(static e => e.Text))}");

    private static Task<ServerBench> Start(PollerKind poller, Action<TlsBuilder> tls) =>
        ServerBench.Start(poller, e => e
            .Framing(Lines.Utf8(maxBytes: 100))
            .UseTls(tls)
            .OnMessageInline(static (connection, line) => connection.Send(line)));
}
