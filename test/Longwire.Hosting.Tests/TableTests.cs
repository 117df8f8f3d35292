using System.Reflection;
using Longwire.Hosting.Settings;
using Longwire.Primitives;
using Longwire.Transport;
using Longwire.Transport.Layers;
using Microsoft.Extensions.Configuration;

namespace Longwire.Hosting.Tests;

/// <summary>The tables are complete, and each key does what it says.</summary>
public sealed class TableTests
{
    // What is a section of its own, or cannot be written in a file.
    private static readonly string[] s_elsewhere =
        ["Listen", "Tcp", "Topics", "Certificates", "ClientAuthorities", "ClientRevocation", "ApplicationProtocols",
            "Inbound", "Allowed", "Authorize", "Poison"];

    public static TheoryData<Type, string> Options => new()
    {
        { typeof(ServerLimits), "limits:" },
        { typeof(SlabPoolOptions), "memory:" },
        { typeof(HubOptions), "hub:" },
        { typeof(TopicOptions), "hub:topics:*:" },
        { typeof(EndpointOptions), "endpoints:*:" },
        { typeof(ListenOptions), "endpoints:*:socket:" },
        { typeof(TcpOptions), "endpoints:*:socket:" },
        { typeof(TlsServerOptions), "endpoints:*:tls:" },
        { typeof(NegotiateServerOptions), "endpoints:*:negotiate:" },
        { typeof(DeflateOptions), "endpoints:*:deflate:" },
        { typeof(InflateOptions), "endpoints:*:deflate:inbound:" },
    };

    [Theory]
    [MemberData(nameof(Options))]
    public void Every_option_has_a_key(Type options, string prefix)
    {
        IEnumerable<string> names = options.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => property.SetMethod is not null && !s_elsewhere.Contains(property.Name))
            .Select(property => prefix + SettingTable<object>.Camel(property.Name));
        HashSet<string> keys = [.. SettingCatalog.All.Select(static setting => setting.Key)];
        Assert.All(names, name => Assert.Contains(name, keys));
    }

    [Fact]
    public void Every_key_stands_once_and_says_something()
    {
        Assert.Distinct(SettingCatalog.All.Select(static setting => setting.Key));
        Assert.All(SettingCatalog.All, static setting =>
        {
            Assert.NotEqual("", setting.Meaning);
            Assert.NotEqual("", setting.Default + setting.Example);
        });
    }

    [Fact]
    public void Every_default_can_be_written_and_changes_nothing()
    {
        LongwireSettings settings = Read(Write(SettingCatalog.All.Where(static setting =>
            setting.Default.Length > 0 && setting.Key != "limits:maxConnections"))); // said, it needs descriptors
        EndpointSettings endpoint = Assert.Single(settings.Endpoints);
        Assert.Equal(ServerLimits.Default, settings.Limits);
        Assert.Equal(new SlabPoolOptions(), settings.Memory);
        Assert.Equal(EndpointOptions.Default, endpoint.Options);
        Assert.Equal(NegotiateServerOptions.Default.Protection, endpoint.Negotiate!.Protection);
        Assert.Equal(new DeflateOptions { Inbound = InflateOptions.Default }, endpoint.Deflate);
    }

    [Fact]
    public void Every_value_reaches_its_option_and_is_shown()
    {
        // Something else than the default in every key; what is shown of the result has to be that.
        SettingDescription[] settings = [.. SettingCatalog.All
            .Where(static setting => setting.Default.Length > 0)
            .Select(static setting => setting with { Default = Other(setting) })];
        Dictionary<string, string> shown = SettingCatalog.ValuesOf(Read(Write(settings)))
            .ToDictionary(static pair => pair.Key, static pair => pair.Value);
        foreach (SettingDescription setting in settings.Where(static setting => setting.Key != "endpoints:*:enabled"))
            Assert.Equal(setting.Default, shown[KeyOf(setting)]);
    }

    private static string Other(SettingDescription setting) => setting switch
    {
        // What depends on other settings, or on this machine.
        { Key: "loops" } => "1",
        { Key: "limits:maxConnections" } => "60",
        { Key: "limits:maxConnectionsPerAddress" } => "50",
        { Key: "endpoints:*:tls:clientCertificates" } => "required",
        { Default: "true" } => "false",
        { Default: "false" } => "true",
        { IsChoice: true } => setting.Values.Split([", ", " or "], StringSplitOptions.None)
            .First(choice => choice != setting.Default),
        { IsBare: true } => $"{int.Parse(setting.Default) + 1}",
        { Default: "never" } => "7min",
        _ when SettingText.TryTime(setting.Default, out TimeSpan time) => SettingText.Time(time * 2),
        _ when SettingText.TrySize(setting.Default, out long bytes) => SettingText.Size(bytes * 2),
        _ => throw new InvalidOperationException(setting.Key),
    };

    private static IConfigurationRoot Write(IEnumerable<SettingDescription> settings)
    {
        var values = settings.ToDictionary(KeyOf, static setting => (string?)setting.Default);
        values["hub:topics:0:filter"] = "#";
        values["endpoints:e:protocol"] = "echo";
        values["endpoints:e:listen"] = ":7000";
        values["endpoints:e:enabled"] = "true";
        values["endpoints:e:tls:clientCertificates"] = "required"; // or nobody's would be looked up
        values["endpoints:e:tls:certificates:0:certificate"] = Path.GetFullPath("/server.pem");
        return new ConfigurationBuilder().AddInMemoryCollection(
            values.Select(static pair => KeyValuePair.Create($"longwire:{pair.Key}", pair.Value))).Build();
    }

    private static string KeyOf(SettingDescription setting) => setting.Key
        .Replace("endpoints:*", "endpoints:e", StringComparison.Ordinal)
        .Replace("*", "0", StringComparison.Ordinal);

    private static LongwireSettings Read(IConfigurationRoot root) => SettingsReading.Read(
        root.GetSection("longwire"),
        new Dictionary<string, ProtocolEntry> { ["echo"] = new(static (_, _) => { }, null, EndpointOptions.Default) },
        []);
}
