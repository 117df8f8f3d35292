using System.Net;
using Longwire.Transport;

namespace Longwire.Load;

/// <summary>Dials connections, a bounded number at a time, until each is set up or has failed.</summary>
/// <remarks>
/// Owner: a scenario. Concurrency: the driver's loop, but for <see cref="ConnectAllAsync"/>. Bound: <see
/// cref="MostInFlight"/> dials, far below a server's usual backlog of 512.
/// </remarks>
internal sealed class Connector(LoadLoop owner, EndPoint server)
{
    private const int MostInFlight = 128;

    private static readonly DialOptions s_options = new() { Timeout = TimeSpan.FromSeconds(30) };

    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IReadOnlyList<LoadConnection> _connections = [];
    private int _dialled;
    private int _settled;

    /// <summary>Connections that are set up or have failed.</summary>
    internal int Settled => Volatile.Read(ref _settled);

    /// <summary>Connects them all.</summary>
    /// <exception cref="InvalidOperationException">
    /// One could not be connected, so the scenario would measure less than it says.
    /// </exception>
    internal async Task ConnectAllAsync(IReadOnlyList<LoadConnection> connections)
    {
        await owner.InvokeAsync(() =>
        {
            _connections = connections;
            for (int i = 0; i < MostInFlight; i++)
                DialNext();
        });
        if (connections.Count > 0)
            await _done.Task;
        LoadConnection? failed = connections.FirstOrDefault(static one => one.Ending != Ending.None);
        if (failed is not null)
        {
            int count = connections.Count(static one => one.Ending != Ending.None);
            throw new InvalidOperationException(
                $"{count} of {connections.Count} connections to {server} failed; "
                + $"the first: {failed.Ending} {failed.Error}.");
        }
    }

    private void DialNext()
    {
        if (_dialled == _connections.Count)
            return;
        LoadConnection next = _connections[_dialled++];
        next.Settled = _ => OnSettled();
        owner.Loop.Dial(server, s_options, next);
    }

    private void OnSettled()
    {
        Volatile.Write(ref _settled, _settled + 1);
        if (_settled == _connections.Count)
            _done.TrySetResult();
        else
            DialNext();
    }
}
