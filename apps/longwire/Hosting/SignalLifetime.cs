using System.Runtime.InteropServices;
using Microsoft.Extensions.Hosting;

namespace Longwire.Service.Hosting;

/// <summary>Ctrl-C and SIGTERM: the first one drains, a second one ends the process at once.</summary>
/// <remarks>
/// Owner: the host. Concurrency: signals arrive on any thread. It replaces the host's own lifetime, which swallows
/// every signal after the first, so that nothing but SIGKILL would end a drain that takes too long.
/// </remarks>
internal sealed class SignalLifetime(IHostApplicationLifetime application) : IHostLifetime, IDisposable
{
    private readonly List<PosixSignalRegistration> _registrations = [];
    private int _signalled;

    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal));
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal));
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _registrations.ForEach(static registration => registration.Dispose());

    private void OnSignal(PosixSignalContext context)
    {
        if (Interlocked.Exchange(ref _signalled, 1) != 0)
            return; // not cancelled: the system's default, the end
        context.Cancel = true;
        application.StopApplication();
    }
}
