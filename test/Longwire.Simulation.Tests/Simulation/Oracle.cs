using Longwire.Testing;
using Microsoft.Extensions.Logging;

namespace Longwire.Simulation;

/// <summary>Thrown by the simulated application on purpose.</summary>
internal sealed class PlannedException : Exception
{
    public PlannedException()
        : base("The simulated handler throws.")
    {
    }
}

/// <summary>What must be true; the first thing that is not ends the run.</summary>
/// <remarks>
/// Owner: the run. Concurrency: the simulation's thread. It collects, because handlers' exceptions are caught.
/// </remarks>
internal sealed class Oracle(Scenario scenario, MemoryNetwork network) : ILoggerFactory, ILogger
{
    internal readonly Dictionary<string, List<Publication>> Topics = [];
    internal readonly List<SimulatedClient> Clients = [];
    internal readonly Dictionary<Longwire.Transport.PeerAddress, SimulatedClient> ByAddress = [];
    internal readonly List<Session> Sessions = [];
    internal readonly List<(string What, Task Task)> Waiters = [];
    internal readonly SortedDictionary<string, long> Counts = [];
    internal long Connected;
    internal long Closed;
    internal bool Draining;
    private const int KeptActions = 400;
    private readonly Queue<string> _actions = new();
    private long _published;

    internal string? Failure { get; private set; }

    internal Scenario Scenario => scenario;

    internal MemoryNetwork Network => network;

    internal TcpServer Server { get; set; } = null!;

    internal void Fail(string what)
    {
        Failure ??= what;
        network.Trace.Add("FAILED");
    }

    /// <summary>Keeps an action for the report of a failure; the last ones are shown.</summary>
    internal void Note(SimulatedClient? client, string what)
    {
        if (_actions.Count == KeptActions)
            _actions.Dequeue();
        _actions.Enqueue($"{network.Trace.Count,8} client {client?.Index} {what}");
    }

    internal string DescribeActions() => string.Join('\n', _actions);

    internal void Count(string what, long by = 1) =>
        Counts[what] = Counts.GetValueOrDefault(what) + by;

    /// <summary>Causes that lie in the scenario and not in an action.</summary>
    internal bool AlwaysPossible(SimulatedClient client, CloseReason reason) => reason switch
    {
        CloseReason.PeerReset => scenario.Faults.Reset > 0,
        CloseReason.IdleTimeout => client.Endpoint.Options.IdleTimeout != Timeout.InfiniteTimeSpan,
        CloseReason.WriteStalled => scenario.Faults.Stall > 0,
        CloseReason.SlowConsumer or CloseReason.MemoryPressure => HasDisconnect(client.Endpoint),
        CloseReason.ServerShutdown => Draining,
        _ => false,
    };

    internal Session Connect(Connection connection)
    {
        Connected++;
        if (!ByAddress.TryGetValue(connection.Remote, out SimulatedClient? client))
            throw new InvalidOperationException($"nobody connected from {connection.Remote}");
        var session = new Session(this, client, connection);
        if (client.Session is not null)
            Fail($"a second OnConnect for {client}");
        client.Session = session;
        Sessions.Add(session);
        return session;
    }

    internal Publication NewPublication(int except, int size) => new(except, ++_published, size);

    /// <summary>A message was seen, at its publisher or at a subscriber; both must have seen the same.</summary>
    internal void See(string topic, long sequence, Publication publication)
    {
        if (!Topics.TryGetValue(topic, out List<Publication>? known))
            Topics.Add(topic, known = []);
        while (known.Count < sequence)
            known.Add(default);
        Publication before = known[(int)sequence - 1];
        if (before != default && before != publication)
            Fail($"message {sequence} of {topic} is both {before} and {publication}");
        known[(int)sequence - 1] = publication;
    }

    internal int ExceptOf(string topic, long sequence) => Topics[topic][(int)sequence - 1].Except;

    internal void Publish(string topic, int size, SimulatedClient? sender)
    {
        Publication publication = NewPublication(sender?.Index ?? Publication.Nobody, size);
        byte[] payload = System.Text.Encoding.ASCII.GetBytes(publication.ToPayload());
        PublishResult result;
        if (sender?.Session is { } session)
        {
            if (!Server.Hub.TryGetTopic(topic, out Topic? found, out _))
                return;
            result = session.Connection.PublishToOthers(found, payload);
        }
        else
        {
            result = Server.Hub.Publish(topic, payload);
        }
        if (result.Status != PublishStatus.Published)
            Fail($"a publish was refused: {result.Status}");
        else
            See(topic, result.Sequence, publication);
        Count("published");
    }

    internal void Wait(string what, Task task)
    {
        Waiters.Add((what, task));
        Count("waiters");
    }

    /// <summary>At the end nobody waits any more, and nobody failed.</summary>
    internal void CheckWaiters()
    {
        foreach ((string what, Task task) in Waiters)
        {
            if (!task.IsCompletedSuccessfully)
                Fail($"{what} is {task.Status} at the end ({task.Exception?.InnerException?.Message})");
        }
    }

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        if (logLevel >= LogLevel.Error && exception is not PlannedException)
            Fail($"{logLevel} {eventId.Id} was logged: {formatter(state, exception)}\n{exception}");
    }

    public void Dispose()
    {
    }

    private bool HasDisconnect(EndpointPlan endpoint) =>
        endpoint.Options.SlowConsumer == SlowConsumerPolicy.Disconnect
        || scenario.Hub.Topics.Any(topic => topic.Options.SlowConsumer == SlowConsumerPolicy.Disconnect);
}
