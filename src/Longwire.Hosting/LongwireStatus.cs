namespace Longwire.Hosting;

/// <summary>What became of each endpoint.</summary>
/// <remarks>
/// Owner: the container. Concurrency: written while the server starts, then any thread reads. Bound: one entry per
/// endpoint.
/// </remarks>
public sealed class LongwireStatus
{
    private volatile EndpointStatus[] _endpoints;

    internal LongwireStatus(IEnumerable<string> names) =>
        _endpoints = [.. names.Select(static name => new EndpointStatus(name, Address: null, Problem: null))];

    /// <summary>The endpoints, in the order of their names.</summary>
    public IReadOnlyList<EndpointStatus> Endpoints => _endpoints;

    /// <summary>Whether an endpoint that is not required failed; the others serve.</summary>
    public bool IsDegraded => Array.Exists(_endpoints, static endpoint => endpoint.Problem is not null);

    internal string[] Problems => [.. _endpoints.Select(static endpoint => endpoint.Problem).OfType<string>()];

    internal bool HasFailed(string name) =>
        Array.Exists(_endpoints, endpoint => endpoint.Name == name && endpoint.Problem is not null);

    internal void Listens(string name, string address) =>
        Change(name, endpoint => endpoint with { Address = address });

    internal void Failed(string name, string problem) =>
        Change(name, endpoint => endpoint with { Problem = problem });

    private void Change(string name, Func<EndpointStatus, EndpointStatus> change) =>
        _endpoints = [.. _endpoints.Select(endpoint => endpoint.Name == name ? change(endpoint) : endpoint)];
}

/// <summary>What became of an endpoint.</summary>
/// <param name="Name">Its name in the configuration.</param>
/// <param name="Address">Where it listens, with its real port; null before the start and when it failed.</param>
/// <param name="Problem">Why it was left out; null when it was not.</param>
public sealed record EndpointStatus(string Name, string? Address, string? Problem);
