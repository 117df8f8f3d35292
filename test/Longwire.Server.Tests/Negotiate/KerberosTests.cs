using System.Net.Security;
using System.Security.Authentication;
using Longwire.Transport.Layers;

namespace Longwire.ServerTests;

/// <summary>Negotiate against a real KDC: who gets in, and what goes over the connection then.</summary>
public sealed class KerberosTests(KerberosRealm realm) : IClassFixture<KerberosRealm>
{
    private const string Service = "longwire/localhost";
    private const int Record = 0xFC00; // NegotiateStream's own limit of a record's plain bytes

    public static MatrixTheoryData<PollerKind, ProtectionLevel> Levels => new(
        ServerBench.Pollers.Select(static row => row.Data), [ProtectionLevel.Sign, ProtectionLevel.EncryptAndSign]);

    [Theory]
    [MemberData(nameof(Levels))]
    public async Task A_good_ticket_names_its_owner(PollerKind poller, ProtectionLevel level)
    {
        await using Tool server = await Serve(poller, level);
        string[] sizes =
        [
            "4", "100", $"{LayeredWire.BatchBytes - 1}", $"{LayeredWire.BatchBytes}", $"{LayeredWire.BatchBytes + 1}",
            $"{Record - 1}", $"{Record}", $"{Record + 1}", "500000",
        ];
        string said = await Connect(server, await realm.LogIn("alice"), Service, level, sizes);
        // MIT's library grants encryption also to those who ask for signatures only.
        Assert.StartsWith("ok encrypted=True signed=True mutual=True", said);
        Assert.Equal("identity alice@LONGWIRE.TEST Kerberos", await server.ReadLineWith("identity"));
        Assert.EndsWith("closed: PeerClosed", await server.ReadLineWith("1102"));
    }

    [Theory]
    [MemberData(nameof(ServerBench.Pollers), MemberType = typeof(ServerBench))]
    public async Task A_dialled_wire_proves_who_it_is(PollerKind poller)
    {
        await using Tool server = await Serve(poller);
        await using Tool client = realm.Start(
            await realm.LogIn("alice"), ["dial", $"{poller}", _address, Service, "4", $"{Record + 1}", "200000"]);
        Assert.StartsWith("ok longwire/localhost", await client.ReadToEnd());
        Assert.Equal("identity alice@LONGWIRE.TEST Kerberos", await server.ReadLineWith("identity"));
        await using Tool stranger = realm.Start(null, ["dial", $"{poller}", _address, Service, "4"]);
        Assert.StartsWith("failed HandshakeFailed", await stranger.ReadToEnd());
    }

    [Fact]
    public void A_server_that_did_not_prove_itself_is_refused()
    {
        using var nobody = new NegotiateStream(new MemoryStream()); // as after NTLM: nobody has proved a thing
        AuthenticationException refused = Assert.Throws<AuthenticationException>(
            () => NegotiateClientLayer.RequireProof(nobody, Service));
        Assert.Contains($"did not prove that it is {Service}", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_would_rather_encrypt_may()
    {
        await using Tool server = await Serve(PollerKind.Automatic, ProtectionLevel.Sign);
        string said = await Connect(
            server, await realm.LogIn("alice"), Service, ProtectionLevel.EncryptAndSign, "100");
        Assert.StartsWith("ok encrypted=True", said);
    }

    [Fact]
    public async Task Without_a_ticket_nobody_gets_in()
    {
        await using Tool server = await Serve();
        Assert.StartsWith("failed ", await Connect(server, null, Service));
        await NobodyCame(server);
    }

    [Fact]
    public async Task With_an_expired_ticket_nobody_gets_in()
    {
        await using Tool server = await Serve();
        Assert.StartsWith("failed ", await Connect(server, await realm.Expired("alice"), Service));
        await NobodyCame(server);
    }

    [Fact]
    public async Task A_ticket_for_another_service_is_refused()
    {
        await using Tool server = await Serve();
        Assert.StartsWith("failed ", await Connect(server, await realm.LogIn("alice"), "other/localhost"));
        Assert.Contains(": NotAuthenticated ", await server.ReadLineWith("1105"), StringComparison.Ordinal);
        await NobodyCame(server);
    }

    [Fact]
    public async Task Who_is_not_on_the_list_is_refused()
    {
        await using Tool server = await Serve(
            PollerKind.Automatic, ProtectionLevel.EncryptAndSign, "alice@LONGWIRE.TEST");
        Assert.StartsWith("failed ", await Connect(server, await realm.LogIn("bob"), Service));
        Assert.Contains(": NotAuthorized ", await server.ReadLineWith("1105"), StringComparison.Ordinal);
        Assert.StartsWith("ok ", await Connect(server, await realm.LogIn("alice"), Service));
        Assert.Equal("identity alice@LONGWIRE.TEST Kerberos", await server.ReadLineWith("identity"));
    }

    [Fact]
    public async Task A_token_that_is_none_is_refused()
    {
        await using Tool server = await Serve();
        using TestClient client = await TestClient.Connect($"tcp://{_address}");
        client.Send([0x16, 1, 0, 0, 4, .. "none"u8]); // a handshake in progress, version 1.0, four bytes
        Assert.Contains(": NotAuthenticated ", await server.ReadLineWith("1105"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_protocol_s_version_is_not_this_protocol()
    {
        await using Tool server = await Serve();
        using TestClient client = await TestClient.Connect($"tcp://{_address}");
        client.Send("GET / HTTP/1.1\r\n\r\n");
        client.Finish();
        Assert.Matches(": (NotTheProtocol|PeerLeft) ", await server.ReadLineWith("1105"));
    }

    [Fact]
    public void A_missing_library_is_named_with_its_cure()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Elsewhere it is a part of the system.");
        PlatformNotSupportedException missing = Assert.Throws<PlatformNotSupportedException>(
            () => new NegotiateServerLayer(NegotiateServerOptions.Default, "libgssapi_nowhere.so.2"));
        Assert.Contains("libgssapi_nowhere.so.2, which is not installed", missing.Message, StringComparison.Ordinal);
        Assert.Contains("libgssapi-krb5-2", missing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void No_protection_is_no_option()
    {
        ArgumentException refused = Assert.Throws<ArgumentException>(
            () => new NegotiateServerLayer(new NegotiateServerOptions { Protection = ProtectionLevel.None }));
        Assert.Contains("must be Sign or EncryptAndSign", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_list_that_is_null_is_no_list()
    {
        ArgumentException refused = Assert.Throws<ArgumentException>(
            () => new NegotiateServerLayer(new NegotiateServerOptions { Allowed = null! }));
        Assert.Contains("Allowed must be a list", refused.Message, StringComparison.Ordinal);
    }

    private string _address = "";

    private async Task<Tool> Serve(
        PollerKind poller = PollerKind.Automatic, ProtectionLevel level = ProtectionLevel.EncryptAndSign,
        params string[] allowed)
    {
        Tool.Find("krb5kdc");
        Tool.Find("kinit");
        Tool.Find("kadmin.local");
        Tool server = realm.Start(null, ["server", $"{poller}", $"{level}", .. allowed]);
        _address = (await server.ReadLineWith("listening "))["listening ".Length..];
        return server;
    }

    /// <summary>Runs a client to its end; the one line that it says.</summary>
    private Task<string> Connect(Tool server, string? cache, string service) =>
        Connect(server, cache, service, ProtectionLevel.EncryptAndSign, "100");

    private async Task<string> Connect(
        Tool server, string? cache, string service, ProtectionLevel level, params string[] sizes)
    {
        Assert.NotNull(server);
        await using Tool client = realm.Start(cache, ["client", _address, service, $"{level}", .. sizes]);
        return await client.ReadToEnd();
    }

    /// <summary>The server still serves, and the first identity that it sees is one with a ticket.</summary>
    private async Task NobodyCame(Tool server)
    {
        Assert.StartsWith("ok ", await Connect(server, await realm.LogIn("bob"), Service));
        Assert.Equal("identity bob@LONGWIRE.TEST Kerberos", await server.ReadLineWith("identity"));
    }
}
