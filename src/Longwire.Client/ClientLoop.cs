using Longwire.Primitives;
using Longwire.Transport;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Longwire;

/// <summary>The thread that many clients share. As a rule the process's one is enough.</summary>
/// <remarks>
/// Owner: whoever made it; <see cref="Shared"/> is nobody's and lives as long as the process. Concurrency: any thread.
/// Bound: the pool's ceiling, of the frames that all its clients send and receive.
/// </remarks>
public sealed class ClientLoop : ILoopTenant, IDisposable
{
    private static readonly Lazy<ClientLoop> s_shared = new(static () => new ClientLoop());

    private readonly Loop _loop;
    private readonly ILogger _logger;

    /// <summary>Starts a loop with a thread of its own.</summary>
    /// <param name="poller">How it waits. Default: epoll on Linux x64, sockets elsewhere.</param>
    /// <param name="memory">The ceiling of its memory. Default: the pool's defaults.</param>
    /// <param name="logger">Told what goes wrong on the loop. Default: nobody.</param>
    /// <param name="time">The clock of waits and deadlines. Default: the system's.</param>
    public ClientLoop(
        Poller? poller = null, SlabPoolOptions? memory = null, ILogger? logger = null, TimeProvider? time = null)
    {
        _logger = logger ?? NullLogger.Instance;
        Time = time ?? TimeProvider.System;
        Pool = new SlabPool(memory);
        _loop = new Loop(0, poller ?? Poller.ForThisSystem(), Pool, Time) { Tenant = this };
        _loop.Start();
    }

    /// <summary>The process's loop, started by its first client.</summary>
    public static ClientLoop Shared => s_shared.Value;

    internal Loop Loop => _loop;

    internal SlabPool Pool { get; }

    internal TimeProvider Time { get; }

    /// <summary>Room for one write's segments; on the loop.</summary>
    internal Segment[] Segments { get; } = new Segment[ClientLink.MaxSegments];

    /// <summary>Ends the thread; dispose the clients before.</summary>
    public void Dispose() => _loop.Dispose();

    bool ILoopTenant.Flush() => false;

    void ILoopTenant.OnFault(Exception exception, object? culprit)
    {
        ClientLog.Fault(_logger, exception, $"{culprit}");
        (culprit as ClientLink)?.Break(exception.Message);
    }

    void ILoopTenant.OnHeld(TimeSpan duration, object? culprit) =>
        ClientLog.Held(_logger, $"{culprit}", duration.TotalMilliseconds);
}
