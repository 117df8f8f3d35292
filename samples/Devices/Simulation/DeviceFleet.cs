using System.Net;
using Longwire.Primitives;
using Longwire.Transport;
using Longwire.Transport.Sockets;

namespace Longwire.Samples.Devices.Simulation;

/// <summary>All simulated devices, on one loop: one thread, and none per device.</summary>
/// <remarks>
/// Owner: whoever made it. Concurrency: one caller at a time; what devices do is done on the loop. Bound: <see
/// cref="MostDials"/> logins at one time, far below a server's backlog.
/// </remarks>
internal sealed class DeviceFleet : ILoopTenant, IAsyncDisposable
{
    /// <summary>Most devices that connect at one time.</summary>
    public const int MostDials = 128;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly EndPoint _server;
    private readonly List<SimulatedDevice> _all = [];
    private readonly List<Exception> _faults = [];
    private TaskCompletionSource _done = new();
    private SimulatedDevice[] _dialling = [];
    private int _dialled;
    private int _settled;

    /// <param name="address">The server's, as it says it.</param>
    /// <param name="poller">What waits for the system.</param>
    public DeviceFleet(string address, PollerKind poller = PollerKind.Automatic)
    {
        _server = ListenAddress.Parse(address).EndPoint;
        Poller waiting = poller == PollerKind.Socket ? new SocketPoller() : Poller.ForThisSystem();
        Loop = new Loop(0, waiting, Pool, TimeProvider.System) { Tenant = this };
        Loop.Start();
    }

    public SlabPool Pool { get; } = new();

    public Loop Loop { get; }

    /// <summary>Connects each and logs it in; how that went is in <see cref="SimulatedDevice.Ending"/>.</summary>
    /// <exception cref="TimeoutException">The server left logins unanswered.</exception>
    public async Task<IReadOnlyList<SimulatedDevice>> ConnectAsync(IEnumerable<DeviceIdentity> devices)
    {
        SimulatedDevice[] connections = [.. devices.Select(device => new SimulatedDevice(this, device))];
        if (connections.Length == 0)
            return connections;
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await InvokeAsync(() =>
        {
            (_done, _dialling, _dialled, _settled) = (done, connections, 0, 0);
            _all.AddRange(connections);
            for (int i = 0; i < MostDials; i++)
                DialNext();
        });
        await done.Task.WaitAsync(s_patience);
        return connections;
    }

    /// <summary>Ends connections without a word, as a device does that loses its power.</summary>
    public Task CutAsync(IEnumerable<SimulatedDevice> devices) => InvokeAsync(() =>
    {
        foreach (SimulatedDevice device in devices)
            device.End("cut", CloseMode.Abort);
    });

    /// <summary>Waits for the end of a connection, and says why it ended.</summary>
    /// <exception cref="TimeoutException">It went on.</exception>
    public async Task<string> EndOfAsync(SimulatedDevice device)
    {
        Task<string> end = Task.FromResult("");
        await InvokeAsync(() => end = device.WatchEnd());
        return await end.WaitAsync(s_patience);
    }

    /// <summary>A device's login is answered, or it has failed.</summary>
    public void OnSettled()
    {
        if (++_settled == _dialling.Length)
            _done.TrySetResult();
        else
            DialNext();
    }

    public bool Flush() => false; // devices write when they have something

    public void OnFault(Exception exception, object? culprit)
    {
        _faults.Add(exception);
        _done.TrySetException(exception);
    }

    public void OnHeld(TimeSpan duration, object? culprit)
    {
    }

    /// <summary>Ends all connections and the loop.</summary>
    /// <exception cref="AggregateException">A device did what it must not.</exception>
    public async ValueTask DisposeAsync()
    {
        await InvokeAsync(() => _all.ForEach(static device => device.End("the fleet ends", CloseMode.Abort)));
        Loop.Dispose();
        if (_faults.Count > 0)
            throw new AggregateException(_faults);
    }

    private void DialNext()
    {
        if (_dialled < _dialling.Length)
            Loop.Dial(_server, new DialOptions(), _dialling[_dialled++]);
    }

    private Task InvokeAsync(Action action)
    {
        var work = new Call(action);
        Loop.Post(work);
        return work.Done;
    }

    private sealed class Call(Action action) : LoopWork
    {
        private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Done => _done.Task;

        protected override void Run()
        {
            try
            {
                action();
                _done.SetResult();
            }
            catch (Exception exception)
            {
                _done.SetException(exception);
            }
        }
    }
}
