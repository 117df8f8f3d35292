using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Longwire.ServerTests;

/// <summary>
/// A realm of the tests' own: an MIT KDC on a free loopback port, its database, configuration and keytabs in a
/// temporary folder. Two services, of which the server has the key of one; alice and bob.
/// </summary>
public sealed class KerberosRealm : IAsyncLifetime
{
    private const string Realm = "LONGWIRE.TEST";

    private readonly string _folder = Directory.CreateTempSubdirectory("longwire-realm").FullName;
    private Tool? _kdc;

    internal Dictionary<string, string> Environment { get; } = [];

    public async ValueTask InitializeAsync()
    {
        if (Tool.Locate("krb5kdc") is null || Tool.Locate("kinit") is null || Tool.Locate("kadmin.local") is null)
            return; // each test skips, or fails, by itself
        Environment["KRB5_CONFIG"] = File("krb5.conf");
        Environment["KRB5_KDC_PROFILE"] = File("kdc.conf");
        Environment["KRB5_KTNAME"] = File("service.keytab");
        Environment["KRB5CCNAME"] = $"FILE:{File("none")}";
        await Configure(FreePort());
        await Run("kdb5_util", "create", "-s", "-r", Realm, "-P", "master");
        foreach (string principal in (string[])["alice", "bob", "longwire/localhost", "other/localhost"])
            await Admin($"addprinc -randkey {principal}");
        await Admin($"ktadd -k {File("users.keytab")} alice bob");
        await Admin($"ktadd -k {File("service.keytab")} longwire/localhost");
        for (int attempt = 1; !await TryStart(); attempt++)
        {
            Assert.True(attempt < 5, "The KDC does not start, on five ports.");
            await Configure(FreePort()); // somebody else may have got the port before
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_kdc is not null)
            await _kdc.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Starts the KDC, which writes its id when it listens; false when it has ended instead.</summary>
    private async Task<bool> TryStart()
    {
        string id = File("kdc.pid");
        Tool kdc = Tool.Start("krb5kdc", Environment, "-n", "-r", Realm, "-P", id);
        _kdc = kdc;
        await Wait.Until(() => System.IO.File.Exists(id) || kdc.HasExited, "the KDC");
        if (!kdc.HasExited)
            return true;
        await kdc.DisposeAsync();
        _kdc = null;
        return false;
    }

    private async Task Configure(int port)
    {
        await System.IO.File.WriteAllTextAsync(File("krb5.conf"), $$"""
            [libdefaults]
              default_realm = {{Realm}}
              dns_lookup_kdc = false
              dns_lookup_realm = false
              dns_canonicalize_hostname = false
              rdns = false
              clockskew = 1
              udp_preference_limit = 1
            [realms]
              {{Realm}} = {
                kdc = 127.0.0.1:{{port}}
              }
            """);
        await System.IO.File.WriteAllTextAsync(File("kdc.conf"), $$"""
            [kdcdefaults]
              kdc_listen = ""
              kdc_tcp_listen = 127.0.0.1:{{port}}
            [realms]
              {{Realm}} = {
                database_name = {{File("principal")}}
                key_stash_file = {{File("stash")}}
                acl_file = {{File("acl")}}
                max_life = 1h
              }
            """);
    }

    /// <summary>A cache with a user's ticket; its lifetime as kinit writes it.</summary>
    internal async Task<string> LogIn(string user, string lifetime = "10m")
    {
        string cache = $"FILE:{File($"cache-{user}-{Guid.NewGuid():N}")}";
        await Run("kinit", "-c", cache, "-k", "-t", File("users.keytab"), "-l", lifetime, user);
        return cache;
    }

    /// <summary>
    /// A cache whose tickets, also the one for the service, have expired, and by more than clocks may differ. The wait
    /// cannot be avoided: tickets count whole seconds of the system's clock, which the library and the KDC read
    /// themselves, and MIT's tools make none that has expired already.
    /// </summary>
    internal async Task<string> Expired(string user)
    {
        long started = TimeProvider.System.GetTimestamp();
        string cache = await LogIn(user, "1s");
        await Run("kvno", "-c", cache, "longwire/localhost");
        await Wait.Until(
            () => TimeProvider.System.GetElapsedTime(started) > TimeSpan.FromSeconds(4), "the ticket's end");
        Assert.NotEqual(0, await Tool.ExitCode("klist", Environment, "-s", "-c", cache));
        return cache;
    }

    /// <summary>One side of a connection in a process of its own, with the realm's configuration.</summary>
    internal Tool Start(string? cache, params string[] arguments)
    {
        var environment = new Dictionary<string, string>(Environment);
        if (cache is not null)
            environment["KRB5CCNAME"] = cache;
        return Tool.Start(Dotnet(), environment,
            [Path.Combine(AppContext.BaseDirectory, "Longwire.Kerberos.dll"), .. arguments]);
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    /// <summary>The host that runs these tests; there need be no other on the path.</summary>
    private static string Dotnet() => Path.GetFullPath(Path.Combine(
        RuntimeEnvironment.GetRuntimeDirectory(), "../../..", OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet"));

    private string File(string name) => Path.Combine(_folder, name);

    private Task Admin(string query) => Run("kadmin.local", "-r", Realm, "-q", query);

    private async Task Run(string program, params string[] arguments) =>
        Assert.Equal(0, await Tool.ExitCode(program, Environment, arguments));
}
