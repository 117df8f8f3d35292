namespace Longwire.Hosting.Settings;

/// <summary>Every setting that the section <c>longwire</c> may have.</summary>
public static class SettingCatalog
{
    /// <summary>What stands in <see cref="SettingDescription.Key"/> for a name that the file's writer chooses, or a
    /// place in a list.</summary>
    public const string Any = "*";

    /// <summary>The settings, in the order of the commented file.</summary>
    public static IReadOnlyList<SettingDescription> All { get; } =
    [
        .. Describe("", ServerTables.Server),
        .. Describe("limits:", ServerTables.Limits),
        .. Describe("memory:", ServerTables.Memory),
        .. Describe("hub:", ServerTables.Hub),
        .. Describe("hub:topics:*:", ServerTables.Topic),
        .. Describe("endpoints:*:", EndpointTables.Endpoint),
        List("endpoints:*:proxy:*", "10.0.0.0/8",
            "balancers whose PROXY headers count: addresses, networks or unix; clients cannot come themselves then"),
        .. Describe("endpoints:*:", EndpointTables.Options),
        .. Describe("endpoints:*:socket:", EndpointTables.Socket),
        .. Describe("endpoints:*:tls:certificates:*:", LayerTables.Certificate),
        .. Describe("endpoints:*:tls:", LayerTables.Tls),
        List("endpoints:*:tls:applicationProtocols:*", "longwire", "ALPN, in order of preference"),
        .. Describe("endpoints:*:negotiate:", LayerTables.Negotiate),
        List("endpoints:*:negotiate:allowed:*", "alice@EXAMPLE.ORG",
            "who may connect; by default everybody who is authenticated"),
        .. Describe("endpoints:*:deflate:", LayerTables.Deflate),
        .. Describe("endpoints:*:deflate:inbound:", LayerTables.Inflate),
    ];

    private static IEnumerable<SettingDescription> Describe<TOptions>(string prefix, SettingTable<TOptions> table)
        where TOptions : class => table.Select(setting => new SettingDescription(
            prefix + setting.Name, setting.Values, setting.Meaning, setting.Show(table.Defaults))
        {
            IsSecret = setting.IsSecret,
            IsBare = setting.IsBare,
        });

    private static SettingDescription List(string key, string example, string meaning) =>
        new(key, $"a text such as {example}", meaning, "");
}

/// <summary>What a setting is.</summary>
/// <param name="Key">Its path below <c>longwire</c>, such as <c>endpoints:*:outboxBytes</c>.</param>
/// <param name="Values">What may stand there.</param>
/// <param name="Meaning">What it does, in a line.</param>
/// <param name="Default">What counts when nothing is said, on this machine; empty when there is no such thing.</param>
public sealed record SettingDescription(string Key, string Values, string Meaning, string Default)
{
    /// <summary>Whether nobody is shown its value.</summary>
    public bool IsSecret { get; init; }

    /// <summary>Whether JSON writes it without quotation marks.</summary>
    public bool IsBare { get; init; }
}
