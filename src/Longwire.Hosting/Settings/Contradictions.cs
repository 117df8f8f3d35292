using Longwire.Transport;
using Microsoft.Extensions.Configuration;

namespace Longwire.Hosting.Settings;

/// <summary>What is right by itself and wrong together.</summary>
internal static class Contradictions
{
    private const int OwnDescriptors = 100; // listeners, pollers, files and sources of the process itself

    internal static IEnumerable<SettingProblem> In(LongwireSettings settings, IConfigurationSection section)
    {
        ServerLimits limits = settings.Limits;
        string key = $"{section.Path}:limits";
        if (section["limits:maxConnectionsPerAddress"] is not null
            && limits.MaxConnectionsPerAddress > limits.MaxConnections)
        {
            yield return new($"{key}:maxConnectionsPerAddress",
                $"{limits.MaxConnectionsPerAddress} is more than maxConnections, {limits.MaxConnections}; "
                + "lower it or raise the other");
        }
        long least = (long)settings.Loops * ServerLimits.OutboxPortionBytes;
        if (limits.OutboxBudgetBytes < least)
        {
            yield return new($"{key}:outboxBudgetBytes",
                $"{SettingText.Size(limits.OutboxBudgetBytes)} is less than "
                + $"{SettingText.Size(ServerLimits.OutboxPortionBytes)} for each of {settings.Loops} loops; "
                + $"write at least {SettingText.Size(least)}, or fewer loops");
        }
        if (section["limits:maxConnections"] is not null && Descriptors.Limit is { } descriptors
            && limits.MaxConnections > descriptors - OwnDescriptors)
        {
            yield return new($"{key}:maxConnections",
                $"{limits.MaxConnections} connections need {limits.MaxConnections + OwnDescriptors} descriptors, and "
                + $"this process may open {descriptors}; raise its limit (ulimit -n, LimitNOFILE= of its unit), or "
                + "lower this");
        }
        if (settings.Hub.MaxPayloadBytes > settings.Memory.CeilingBytes)
        {
            yield return new($"{section.Path}:hub:maxPayloadBytes",
                $"{SettingText.Size(settings.Hub.MaxPayloadBytes)} is more than memory:ceilingBytes, "
                + $"{SettingText.Size(settings.Memory.CeilingBytes)}; no such message could ever be sent");
        }
        if (settings.Endpoints.Count == 0)
        {
            yield return new(
                $"{section.Path}:endpoints", "there is none, so nobody could connect; describe or enable at least one");
        }
        foreach (SettingProblem problem in settings.Endpoints.SelectMany(endpoint => In(endpoint, limits)))
            yield return problem;
        foreach (SettingProblem problem in Collisions(settings.Endpoints))
            yield return problem;
    }

    private static IEnumerable<SettingProblem> In(EndpointSettings endpoint, ServerLimits limits)
    {
        EndpointOptions options = endpoint.Options;
        if (options.OutboxBytes > limits.OutboxBudgetBytes)
        {
            yield return new($"{endpoint.Key}:outboxBytes",
                $"{SettingText.Size(options.OutboxBytes)} is more than limits:outboxBudgetBytes for all connections, "
                + $"{SettingText.Size(limits.OutboxBudgetBytes)}; lower it or raise the other");
        }
        if (options.HeartbeatTimeout < options.HeartbeatInterval)
        {
            yield return new($"{endpoint.Key}:heartbeatTimeout",
                $"{SettingText.Time(options.HeartbeatTimeout)} is less than heartbeatInterval, "
                + $"{SettingText.Time(options.HeartbeatInterval)}, after which life is looked at; "
                + "raise it or lower the other");
        }
        if (options.Listen.Tcp.UserTimeout < options.StallTimeout)
        {
            yield return new($"{endpoint.Key}:socket:userTimeout",
                $"{SettingText.Time(options.Listen.Tcp.UserTimeout)} is less than stallTimeout, "
                + $"{SettingText.Time(options.StallTimeout)}, so the system would cut the connection first; "
                + "raise it or lower the other");
        }
    }

    /// <summary>Two endpoints on one address: the second would be told "in use", which is no help.</summary>
    private static IEnumerable<SettingProblem> Collisions(IReadOnlyList<EndpointSettings> endpoints)
    {
        var first = new Dictionary<string, EndpointSettings>(StringComparer.Ordinal);
        foreach (EndpointSettings endpoint in endpoints)
        {
            string address = ListenAddress.Parse(endpoint.Listen).ToString();
            if (!address.EndsWith(":0", StringComparison.Ordinal) && !first.TryAdd(address, endpoint))
            {
                yield return new($"{endpoint.Key}:listen",
                    $"{address} is where the endpoint {first[address].Name} listens, too; choose another port");
            }
        }
    }
}
