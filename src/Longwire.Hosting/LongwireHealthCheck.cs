using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Longwire.Hosting;

/// <summary>
/// Healthy: every endpoint serves and every loop takes its turns. Degraded: an endpoint that is not required was left
/// out. Unhealthy: the server does not run, or a loop has not taken a turn within 5 s.
/// </summary>
/// <remarks>Concurrency: any thread.</remarks>
public sealed class LongwireHealthCheck(TcpServer server, LongwireStatus status, TimeProvider? time = null)
    : IHealthCheck
{
    /// <summary>How long a loop may take.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(5);

    /// <inheritdoc/>
    public async Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await server.CheckLoopsAsync(cancellationToken)
                .WaitAsync(Deadline, time ?? TimeProvider.System, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return HealthCheckResult.Unhealthy($"A loop has not taken a turn within {Deadline.TotalSeconds} s.");
        }
        catch (InvalidOperationException exception)
        {
            return HealthCheckResult.Unhealthy(exception.Message);
        }
        return status.IsDegraded
            ? HealthCheckResult.Degraded(string.Join('\n', status.Problems))
            : HealthCheckResult.Healthy($"{status.Endpoints.Count} endpoints serve.");
    }
}
