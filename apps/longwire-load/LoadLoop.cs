using Longwire.Primitives;
using Longwire.Transport;
using Longwire.Transport.Epoll;
using Longwire.Transport.Sockets;

namespace Longwire.Load;

/// <summary>The driver's one loop, which owns every connection of the process.</summary>
/// <remarks>
/// Owner: a scenario. Concurrency: <see cref="InvokeAsync"/> from any thread; the connections on the loop. Bound: one
/// loop, so that on two cores the server under test keeps the other one; more load is more processes.
/// </remarks>
internal sealed class LoadLoop : ILoopTenant, IDisposable
{
    private static readonly TimeSpan s_joinTimeout = TimeSpan.FromSeconds(5);

    private Exception? _fault;

    internal LoadLoop()
    {
        Poller poller = EpollPoller.IsSupported ? new EpollPoller() : new SocketPoller();
        Loop = new Loop(0, poller, Pool, TimeProvider.System) { Tenant = this };
        Loop.Start();
    }

    internal SlabPool Pool { get; } = new();

    internal Loop Loop { get; }

    /// <summary>
    /// Times that the loop stood still for over 50 ms: the machine was too busy for the driver, which shows in the
    /// latencies.
    /// </summary>
    internal long Holds { get; private set; }

    public bool Flush() => false; // connections write when they have something; there is nothing to coalesce

    public void OnFault(Exception exception, object? culprit)
    {
        Interlocked.CompareExchange(ref _fault, exception, null);
        Console.Error.WriteLine($"fault in {culprit}: {exception}");
    }

    public void OnHeld(TimeSpan duration, object? culprit) => Holds++;

    /// <summary>Runs an action on the loop and gives back its result.</summary>
    internal Task<T> InvokeAsync<T>(Func<T> action)
    {
        var work = new Call<T>(action);
        Loop.Post(work);
        return work.Result;
    }

    /// <summary>Runs an action on the loop.</summary>
    internal Task InvokeAsync(Action action) => InvokeAsync(() =>
    {
        action();
        return true;
    });

    /// <summary>Says that the driver itself failed, which makes every count worthless.</summary>
    internal void ThrowIfFaulted()
    {
        if (_fault is not null)
            throw new InvalidOperationException("The driver failed; the run is void.", _fault);
    }

    public void Dispose()
    {
        Loop.RequestStop();
        if (Loop.Join(s_joinTimeout))
            Loop.Dispose();
    }

    private sealed class Call<T>(Func<T> action) : LoopWork
    {
        private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal Task<T> Result => _done.Task;

        protected override void Run()
        {
            try
            {
                _done.SetResult(action());
            }
            catch (Exception exception)
            {
                _done.SetException(exception);
            }
        }
    }
}
