using System.Net;
using Longwire.Transport;

namespace Longwire.Load.Connections;

/// <summary>Dials connections, a bounded number at a time, until each is greeted or has failed.</summary>
/// <remarks>
/// Owner: a workload. Concurrency: the driver's loop, but for <see cref="ConnectAllAsync"/>. Bound: <see
/// cref="MostInFlight"/> dials, far below a server's usual backlog of 512.
/// </remarks>
internal sealed class Connector(LoadLoop owner, EndPoint server, DialOptions options)
{
    internal const int MostInFlight = 128;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IReadOnlyList<LoadConnection> _connections = [];
    private int _dialled;
    private int _settled;

    /// <summary>Told before a dial.</summary>
    internal Action<LoadConnection>? Dialling { get; init; }

    /// <summary>Connects them all; how that went is in each one's <see cref="LoadConnection.Ending"/>.</summary>
    /// <exception cref="InvalidOperationException">The server left greetings unanswered.</exception>
    internal async Task ConnectAllAsync(IReadOnlyList<LoadConnection> connections)
    {
        if (connections.Count == 0)
            return;
        await owner.InvokeAsync(() =>
        {
            _connections = connections;
            for (int i = 0; i < MostInFlight; i++)
                DialNext();
        });
        while (true)
        {
            int before = Volatile.Read(ref _settled);
            if (await Task.WhenAny(_done.Task, Task.Delay(s_patience)) == _done.Task)
                return;
            if (before == Volatile.Read(ref _settled))
            {
                throw new InvalidOperationException(
                    $"{server} left greetings unanswered for {s_patience.TotalSeconds} s, after {before} of "
                    + $"{connections.Count} connections; does it speak {owner.Protocol.Name}?");
            }
        }
    }

    internal void OnSettled()
    {
        Volatile.Write(ref _settled, _settled + 1);
        if (_settled == _connections.Count)
            _done.TrySetResult();
        else
            DialNext();
    }

    private void DialNext()
    {
        if (_dialled == _connections.Count)
            return;
        LoadConnection next = _connections[_dialled++];
        next.Connector = this;
        Dialling?.Invoke(next);
        owner.Loop.Dial(server, options, next);
    }
}
