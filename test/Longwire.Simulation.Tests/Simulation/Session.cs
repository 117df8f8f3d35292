namespace Longwire.Simulation;

/// <summary>What the simulated application keeps per connection, with what the oracle expects of it.</summary>
internal sealed class Session(Oracle oracle, SimulatedClient client, Connection connection)
{
    private bool _busy;
    private CloseReason _firstReason;

    internal SimulatedClient Client { get; } = client;

    internal Connection Connection { get; } = connection;

    internal bool IsClosed { get; private set; }

    internal long NextNote { get; set; }

    internal int NotesQueued { get; set; }

    internal void Enter(string what)
    {
        if (_busy)
            oracle.Fail($"{what} of {Client} while another handler of it runs");
        if (IsClosed)
            oracle.Fail($"{what} of {Client} after its Closed");
        _busy = true;
    }

    internal void Exit() => _busy = false;

    internal void OnClosed(CloseReason reason)
    {
        Enter("Closed");
        Exit();
        IsClosed = true;
        oracle.Closed++;
        oracle.Count($"closed: {reason}");
        CheckReason();
        if (Connection.User is { } user && oracle.Server.FindUser(user).Contains(Connection))
            oracle.Fail($"{Client} is closed and still found as {user}");
        if (reason != Connection.Reason)
            oracle.Fail($"{Client} was told {reason}, its reason is {Connection.Reason}");
        if (!Client.Causes.Contains(reason) && !oracle.AlwaysPossible(Client, reason))
            oracle.Fail($"{Client} ended with {reason}; caused were {string.Join(", ", Client.Causes)}");
    }

    /// <summary>The first reason is the reason for good.</summary>
    internal void CheckReason()
    {
        CloseReason now = Connection.Reason;
        if (_firstReason == CloseReason.None)
            _firstReason = now;
        else if (now != _firstReason)
            oracle.Fail($"the reason of {Client} changed from {_firstReason} to {now}");
    }

    /// <summary>
    /// The limit, and beside it one message (an empty outbox takes any) and the notices and marks that always fit.
    /// </summary>
    internal void CheckBound()
    {
        const int NoticeBytes = 32;
        int notices = oracle.Topics.Count + (2 * Client.Filters.Count) + 4;
        int bound = Client.Endpoint.Options.OutboxBytes + Scenario.MaxFrame + (notices * NoticeBytes);
        int now = Connection.Snapshot().OutboxBytes;
        if (now > bound || now < 0)
            oracle.Fail($"the outbox of {Client} holds {now} bytes; the bound is {bound}");
    }
}
