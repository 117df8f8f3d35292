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
            "who may connect, at least one; without the key everybody who is authenticated"),
        .. Describe("endpoints:*:deflate:", LayerTables.Deflate),
        .. Describe("endpoints:*:deflate:inbound:", LayerTables.Inflate),
    ];

    /// <summary>The effective values of checked settings, by keys below <c>longwire</c>; no secrets.</summary>
    public static IEnumerable<(string Key, string Value)> ValuesOf(LongwireSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        IEnumerable<(string, string)> topics = settings.Hub.Topics.SelectMany(static (topic, place) => Show(
            $"hub:topics:{place}:", ServerTables.Topic,
            new TopicRule { Filter = topic.Filter.ToString(), Options = topic.Options }));
        return
        [
            .. Show("", ServerTables.Server, settings),
            .. Show("limits:", ServerTables.Limits, settings.Limits),
            .. Show("memory:", ServerTables.Memory, settings.Memory),
            .. Show("hub:", ServerTables.Hub, settings.Hub),
            .. topics,
            .. settings.Endpoints.SelectMany(ValuesOf),
        ];
    }

    private static IEnumerable<(string, string)> ValuesOf(EndpointSettings endpoint)
    {
        string key = $"endpoints:{endpoint.Name}:";
        return
        [
            .. Show(key, EndpointTables.Endpoint, endpoint),
            .. Listed($"{key}proxy", endpoint.Proxies),
            .. Show(key, EndpointTables.Options, endpoint.Options),
            .. Show($"{key}socket:", EndpointTables.Socket, endpoint.Options.Listen),
            .. Shown($"{key}tls:", LayerTables.Tls, endpoint.Tls),
            .. endpoint.FileKeys.Select(static file => (file.Value["longwire:".Length..], file.Key)),
            .. Listed($"{key}tls:applicationProtocols", endpoint.Tls?.ApplicationProtocols ?? []),
            .. Shown($"{key}negotiate:", LayerTables.Negotiate, endpoint.Negotiate),
            .. Listed($"{key}negotiate:allowed", endpoint.Negotiate?.Allowed ?? []),
            .. Shown($"{key}deflate:", LayerTables.Deflate, endpoint.Deflate),
            .. Shown($"{key}deflate:inbound:", LayerTables.Inflate, endpoint.Deflate?.Inbound),
        ];
    }

    private static IEnumerable<(string, string)> Shown<TOptions>(
        string prefix, SettingTable<TOptions> table, TOptions? options)
        where TOptions : class => options is null ? [] : Show(prefix, table, options);

    private static IEnumerable<(string, string)> Show<TOptions>(
        string prefix, SettingTable<TOptions> table, TOptions options)
        where TOptions : class => table.Where(static setting => !setting.IsSecret)
        .Select(setting => (prefix + setting.Name, setting.Show(options)));

    private static IEnumerable<(string, string)> Listed(string key, IReadOnlyList<string> items) =>
        items.Count == 0 ? [] : [(key, string.Join(", ", items))];

    private static IEnumerable<SettingDescription> Describe<TOptions>(string prefix, SettingTable<TOptions> table)
        where TOptions : class => table.Select(setting => new SettingDescription(
            prefix + setting.Name, setting.Values, setting.Meaning, setting.Show(table.Defaults))
        {
            Example = setting.Example,
            IsSecret = setting.IsSecret,
            IsBare = setting.IsBare,
            IsChoice = setting.IsChoice,
        });

    private static SettingDescription List(string key, string example, string meaning) =>
        new(key, $"a text such as {example}", meaning, "") { Example = example };
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

    /// <summary>What may stand there, where there is no default.</summary>
    public string Example { get; init; } = "";

    /// <summary>Whether JSON writes it without quotation marks.</summary>
    public bool IsBare { get; init; }

    /// <summary>Whether its value is one of a few words.</summary>
    public bool IsChoice { get; init; }
}
