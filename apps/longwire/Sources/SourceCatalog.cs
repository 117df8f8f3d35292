using Longwire.Hosting;
using Longwire.Service.Hosting;
using Longwire.Service.Sources.Configuration;

namespace Longwire.Service.Sources;

/// <summary>Makes the sources that the options ask for.</summary>
internal static class SourceCatalog
{
    public static IReadOnlyList<ScheduledSource> Create(
        SourcesOptions options, TcpServer server, LongwireStatus status, TimeProvider time)
    {
        var sources = new List<ScheduledSource>();
        if (options.Host is { } host)
            sources.AddRange(HostSources.Create().Select(source => ScheduledSource.Local(source, host)));
        if (options.Self is { } self)
        {
            sources.Add(ScheduledSource.Local(new ServerSource(server), self));
            sources.Add(ScheduledSource.Local(new HealthSource(status), self));
        }
        sources.AddRange(options.Configured.Select(
            each => new ScheduledSource(each.Create(time), each.Schedule, IsLocal: false)));
        return sources;
    }
}
