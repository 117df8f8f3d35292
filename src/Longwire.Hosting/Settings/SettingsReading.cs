using System.Net;
using Longwire.Primitives;
using Longwire.Transport;
using Microsoft.Extensions.Configuration;

namespace Longwire.Hosting.Settings;

/// <summary>Reads the section <c>longwire</c>, and says everything that is wrong with it at once.</summary>
internal static class SettingsReading
{
    /// <param name="section">The section; it need not be there.</param>
    /// <param name="protocols">What endpoints may speak.</param>
    /// <param name="others">Sections that somebody else reads.</param>
    /// <exception cref="SettingsException">Something is wrong.</exception>
    internal static LongwireSettings Read(
        IConfigurationSection section, IReadOnlyDictionary<string, ProtocolEntry> protocols,
        IEnumerable<string> others)
    {
        var problems = new List<SettingProblem>();
        var reader = new SettingReader(section, problems);
        LongwireSettings settings = reader.Apply(ServerTables.Server);
        SettingReader? limits = reader.Nested("limits");
        SettingReader? memory = reader.Nested("memory");
        settings = settings with
        {
            Limits = limits?.Apply(ServerTables.Limits) ?? ServerTables.Limits.Defaults,
            Memory = memory?.Apply(ServerTables.Memory) ?? ServerTables.Memory.Defaults,
            Hub = reader.Nested("hub") is { } hub ? ReadHub(hub) : ServerTables.Hub.Defaults,
            Endpoints = ReadEndpoints(reader.Nested("endpoints"), protocols),
        };
        limits?.End();
        memory?.End();
        foreach (string other in others)
            reader.Skip(other);
        reader.End();
        if (problems.Count == 0)
            problems.AddRange(Contradictions.In(settings, section));
        return problems.Count == 0 ? settings : throw new SettingsException(problems);
    }

    private static HubOptions ReadHub(SettingReader reader)
    {
        HubOptions options = reader.Apply(ServerTables.Hub);
        var topics = new List<(TopicFilter, TopicOptions)>();
        foreach (SettingReader item in reader.Items("topics"))
        {
            TopicRule rule = item.Apply(ServerTables.Topic);
            if (!item.Has("filter"))
                item.Report("filter", "it is missing; name the topics, such as host/#");
            else if (rule.Filter is { } filter)
                topics.Add((TopicFilter.Parse(filter), rule.Options));
            item.End();
        }
        reader.End();
        return options with { Topics = topics };
    }

    private static List<EndpointSettings> ReadEndpoints(
        SettingReader? reader, IReadOnlyDictionary<string, ProtocolEntry> protocols)
    {
        SettingReader[] sections = [.. reader?.All() ?? []];
        if (sections.Length > 0)
            return [.. sections.Select(endpoint => ReadEndpoint(endpoint, protocols)).Where(e => e.IsEnabled)];
        return [.. protocols.Where(static protocol => protocol.Value.Listen is not null)
            .Select(static protocol => new EndpointSettings
            {
                Name = protocol.Key,
                Protocol = protocol.Key,
                Listen = protocol.Value.Listen!,
                Options = protocol.Value.Defaults,
                Key = $"longwire:endpoints:{protocol.Key}",
            })];
    }

    private static EndpointSettings ReadEndpoint(
        SettingReader reader, IReadOnlyDictionary<string, ProtocolEntry> protocols)
    {
        EndpointSettings endpoint = reader.Apply(
            EndpointTables.Endpoint, new EndpointSettings { Name = reader.Name, Key = reader.Key });
        if (endpoint.Protocol.Length == 0)
            endpoint = endpoint with { Protocol = reader.Name };
        if (!protocols.TryGetValue(endpoint.Protocol, out ProtocolEntry? protocol))
        {
            string nearest = NearestName.Of(endpoint.Protocol, protocols.Keys) is { } name
                ? $"did you mean {name}?"
                : $"known are: {string.Join(", ", protocols.Keys.Order(StringComparer.Ordinal))}";
            reader.Report("protocol", $"there is no protocol '{endpoint.Protocol}'; {nearest}");
        }
        endpoint = endpoint with
        {
            Listen = CheckListen(reader, endpoint.Listen, protocol),
            Options = reader.Apply(EndpointTables.Options, protocol?.Defaults ?? EndpointOptions.Default),
            Proxies = CheckProxies(reader),
        };
        if (reader.Nested("socket") is { } socket)
        {
            endpoint = endpoint with
            {
                Options = endpoint.Options with
                {
                    Listen = socket.Apply(EndpointTables.Socket, endpoint.Options.Listen),
                },
            };
            socket.End();
        }
        endpoint = LayerReading.Read(reader, endpoint);
        reader.End();
        return endpoint;
    }

    private static string CheckListen(SettingReader reader, string listen, ProtocolEntry? protocol)
    {
        if (listen.Length == 0 && !reader.Has("listen"))
        {
            if (protocol is { Listen: null })
                reader.Report("listen", "it is missing; write where to listen, such as 127.0.0.1:7000");
            return protocol?.Listen ?? "";
        }
        try
        {
            ListenAddress.Parse(listen);
        }
        catch (FormatException exception)
        {
            reader.Report("listen", exception.Message.TrimEnd('.'));
        }
        return listen;
    }

    private static IReadOnlyList<string> CheckProxies(SettingReader reader)
    {
        IReadOnlyList<string> proxies = reader.Texts("proxy") ?? [];
        foreach (string text in proxies)
        {
            bool isWhole = text.Contains(':') || text.AsSpan().Count('.') == 3; // 10 would be 0.0.0.10
            bool isKnown = text == "unix"
                || (isWhole && (IPNetwork.TryParse(text, out _) || IPAddress.TryParse(text, out _)));
            if (!isKnown)
                reader.Report(
                    "proxy", $"'{text}' is no address and no network; write 192.0.2.7, 10.0.0.0/8 or unix");
        }
        return proxies;
    }
}
