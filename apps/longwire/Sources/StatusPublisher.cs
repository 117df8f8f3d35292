using Microsoft.Extensions.Logging;

namespace Longwire.Service.Sources;

/// <summary>Reads every source at its own pace, once for all clients, and publishes what changed.</summary>
/// <remarks>
/// Owner: the service, which awaits <see cref="RunAsync"/>. Concurrency: a loop on the pool for each source, so that
/// one that hangs delays no other; never on a loop of the server. Bound: the sources it was given.
/// </remarks>
internal sealed class StatusPublisher
{
    /// <summary>
    /// A value is published at least this often, changed or not: silence for longer means that something is wrong. The
    /// values of a source with a longer interval are published with every reading.
    /// </summary>
    public static readonly TimeSpan Refresh = TimeSpan.FromSeconds(10);

    private readonly SourceRunner[] _runners;

    public StatusPublisher(
        IReadOnlyList<ScheduledSource> sources, IStatusSink sink, TimeProvider time, Random random,
        ILogger<StatusPublisher> logger)
    {
        var claims = new TopicClaims();
        _runners =
        [
            .. sources.Select(each =>
                new SourceRunner(each.Source, each.Schedule, sink, claims, time, random, logger)),
        ];
        FirstRound = Task.WhenAll(
            _runners.Zip(sources).Where(each => each.Second.IsLocal).Select(each => each.First.FirstReading));
    }

    /// <summary>Completes when every source of this machine was read once; remote ones are not waited for.</summary>
    public Task FirstRound { get; }

    /// <summary>How each source is, for health checks. Any thread.</summary>
    public IReadOnlyList<SourceHealth> Health => [.. _runners.Select(runner => runner.Health)];

    /// <summary>Runs all sources until cancelled. Call it once.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task[] running = [.. _runners.Select(runner => runner.RunAsync(ending.Token))];
        if (running.Length == 0)
            return;
        // One ends early only by a bug, such as a sink that throws: then all end, and the service with them.
        await Task.WhenAny(running).ConfigureAwait(false);
        await ending.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(running).ConfigureAwait(false);
    }

    /// <summary>One reading of each source, one after the other.</summary>
    public async Task ReadAllAsync()
    {
        foreach (SourceRunner runner in _runners)
            await runner.ReadAsync(CancellationToken.None).ConfigureAwait(false);
    }
}
