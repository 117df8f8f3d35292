using Longwire.Hosting;
using Longwire.Service.Sources;

namespace Longwire.Service.Hosting;

/// <summary>Whether every endpoint serves: <c>longwire/health</c>.</summary>
/// <remarks>Owner and concurrency: the publisher's reader. Bound: one topic.</remarks>
internal sealed class HealthSource(LongwireStatus status) : IStatusSource
{
    public string Name => "health";

    public void Read(StatusReport report)
    {
        report.Begin("longwire/health");
        report.WriteText("status", status.IsDegraded ? "degraded" : "healthy");
        foreach (EndpointStatus endpoint in status.Endpoints.Where(static endpoint => endpoint.Problem is not null))
            report.WriteText(endpoint.Name, endpoint.Problem!);
        report.End();
    }
}
