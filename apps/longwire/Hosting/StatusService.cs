using Longwire.Service.Sources;
using Microsoft.Extensions.Hosting;

namespace Longwire.Service.Hosting;

/// <summary>Runs the publisher with the host: its first values are there before the first client is let in.</summary>
internal sealed class StatusService(StatusPublisher publisher) : BackgroundService, IHostedLifecycleService
{
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await base.StartAsync(cancellationToken);
        // The second task ends early only when the publisher failed; the host sees to that.
        await Task.WhenAny(publisher.FirstRound, ExecuteTask!).WaitAsync(cancellationToken);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Before any service stops: a draining server is published to no more.</summary>
    public Task StoppingAsync(CancellationToken cancellationToken) => StopAsync(cancellationToken);

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => publisher.RunAsync(stoppingToken);
}
