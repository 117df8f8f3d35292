using System.Diagnostics;
using System.Reflection;
using Longwire.Primitives;
using Longwire.Testing;
using Longwire.Transport;

namespace Longwire.Simulation;

/// <summary>One seed, one life of a server: it starts, is used and misused, comes to rest, drains and ends.</summary>
public sealed class SimulationRun
{
    private const int MostStepsAtOnce = 300_000;

    private readonly Scenario _scenario;
    private readonly VirtualTime _time = new();
    private readonly MemoryNetwork _network;
    private readonly LoopScheduler _scheduler;
    private readonly SimulatedPool _pool;
    private readonly Oracle _oracle;
    private readonly SeededActor[] _actors;
    private readonly TcpServer _server;
    private readonly List<Listener> _listeners = [];
    private int _nextSession;
    private bool _isStepping;

    private SimulationRun(ulong seed)
    {
        _scenario = new Scenario(seed);
        _network = new MemoryNetwork(_time, _scenario.Faults, _scenario.Random.NextUInt64());
        _scheduler = new LoopScheduler(_network, _scenario.Random.NextUInt64())
        {
            StepLimit = MostStepsAtOnce + (1000 * _scenario.Clients),
        };
        _pool = new SimulatedPool(_scenario.Random.NextUInt64());
        _oracle = new Oracle(_scenario, _network);
        _actors =
        [
            new ClientsActor(_scenario, _oracle),
            new PublisherActor(_scenario, _oracle),
            new ApplicationActor(_scenario, _oracle, _pool),
        ];
        _scheduler.Add(_pool.Executor);
        foreach (SeededActor actor in _actors)
            _scheduler.Add(actor);
        _server = new SimulatedServer(_scenario, _oracle, _pool).Create();
        _oracle.Server = _server;
    }

    /// <summary>What the seeds since the start did, to see that a scenario does what it is for.</summary>
    public static SortedDictionary<string, long> Coverage { get; } = [];

    /// <summary>A hash of all that the last seed did: a seed is the same run every time.</summary>
    public static ulong LastHash { get; private set; }

    /// <summary>Runs one seed; null, or what was found, with the seed and the last actions.</summary>
    public static string? Run(ulong seed)
    {
        // A failed assertion must end the run and not the process; loops turn it into a critical log event.
        Trace.Listeners.Clear();
        Trace.Listeners.Add(new ThrowingListener());
        var run = new SimulationRun(seed);
        Action? outer = Interleaving.Hook;
        try
        {
            Interleaving.Hook = run.Interleave;
            run.Execute();
            return null;
        }
        catch (Exception exception)
        {
            string first = run._oracle.Failure ?? exception.ToString();
            return $"seed {seed}: {first}\n(step {run._scheduler.Steps}, {run._time.Elapsed}, "
                + $"{run._scenario.Loops} loops, {run._scenario.Clients} clients, {run._scenario.Faults.WireStyle}, "
                + $"a budget of {run._scenario.Limits.OutboxBudgetBytes}; "
                + $"rerun with LONGWIRE_SIM_SEED={seed})\n"
                + $"Last actions:\n{run._oracle.DescribeActions()}\nLast steps:\n{run._network.Trace}";
        }
        finally
        {
            Interleaving.Hook = outer;
            LastHash = run._network.Trace.Hash;
            foreach ((string what, long count) in run._oracle.Counts)
                Coverage[what] = Coverage.GetValueOrDefault(what) + count;
            Coverage["steps"] = Coverage.GetValueOrDefault("steps") + run._scheduler.Steps;
            Coverage["virtual minutes"] =
                Coverage.GetValueOrDefault("virtual minutes") + (long)run._time.Elapsed.TotalMinutes;
        }
    }

    private void Execute()
    {
        Start();
        for (int phase = 0; phase < _scenario.Phases; phase++)
        {
            for (int round = 0; round < _scenario.Rounds; round++)
                Act();
            Settle();
        }
        Act();
        if (_scenario.Random.Chance(0.5))
            Settle();
        Drain();
        End();
    }

    private void Start()
    {
        _server.CreateLoops();
        LoopHost acceptor = _server.Hosts[0];
        _pool.Post(() => acceptor.Post(() =>
        {
            for (int i = 0; i < _scenario.Endpoints.Length; i++)
            {
                ListenAddress address = ListenAddress.Parse($"tcp://{_scenario.Endpoints[i].Address}");
                _listeners.Add(acceptor.Loop.Listen(address, ListenOptions.Default, _server.AcceptorFor(i)));
            }
        }));
        RunUntilIdle();
    }

    private void Act()
    {
        SeededRandom random = _scenario.Random;
        _actors[0].Remaining = random.Between(1, Math.Max(10, _scenario.Clients));
        _actors[1].Remaining = random.Between(0, 8);
        _actors[2].Remaining = random.Between(0, 8);
        RunUntilIdle();
        RunFor(random.Chance(0.2) ? random.NextTime(Beats(20)) : random.NextTime(_scenario.Pause));
    }

    /// <summary>So long that the busiest endpoint beats that many times.</summary>
    private TimeSpan Beats(int count) => _scenario.Endpoints.Min(e => e.Options.HeartbeatInterval) * count;

    /// <summary>Everybody reads, nothing is under way, and all accounts must balance.</summary>
    private void Settle()
    {
        Heal();
        RunFor(TimeSpan.FromSeconds(12)); // longer than a stall of the network, and than a burst of delays
        foreach (SimulatedClient client in _oracle.Clients)
            Settlement.Check(_oracle, client);
        foreach (LoopHost host in _server.Hosts)
        {
            if (_oracle.Clients.TrueForAll(c => c.IsLive) && host.OutboxBytes != 0)
                _oracle.Fail($"loop {host.Loop.Index} counts {host.OutboxBytes} bytes in empty outboxes");
        }
        _network.Faults = _scenario.Faults;
        ThrowIfFailed();
    }

    private void Heal()
    {
        _network.Faults = _scenario.Faults with { Delay = 0, Stall = 0, Reset = 0, AcceptError = 0, SpuriousReady = 0 };
        foreach (SimulatedClient client in _oracle.Clients)
        {
            if (!client.Peer.SawReset && !client.HasEnded)
                client.SendTail();
            client.Peer.ResumeReading();
        }
    }

    private void Drain()
    {
        TimeSpan deadline = TimeSpan.FromSeconds(_scenario.Random.Between(1, 10));
        if (_scenario.Random.Chance(0.5))
            Heal();
        _network.Trace.Add("drain");
        _oracle.Draining = true;
        _pool.Post(() =>
        {
            _server.Hosts[0].Post(() => _listeners.ForEach(static listener => listener.Stop()));
            foreach (LoopHost host in _server.Hosts)
                host.Post(() => _server.BeginDrain(host, deadline));
        });
        _actors[0].Remaining = _scenario.Random.Between(0, 3);
        _actors[1].Remaining = _scenario.Random.Between(0, 2);
        _actors[2].Remaining = _scenario.Random.Between(0, 2);
        RunUntilIdle();
        RunFor(deadline + TimeSpan.FromSeconds(1));
        if (_server.ConnectionCount != 0)
        {
            IEnumerable<Session> left = _oracle.Sessions.Where(static s => !s.Connection.IsEnded).Take(3);
            _oracle.Fail($"{_server.ConnectionCount} connections are left after the deadline of a drain, such as "
                + string.Join("; ", left.Select(static s => $"{s.Client} {s.Connection.Snapshot()}")));
        }
        ThrowIfFailed();
    }

    private void End()
    {
        Heal();
        RunFor(TimeSpan.FromSeconds(1));
        foreach (SimulatedClient client in _oracle.Clients)
            Settlement.Check(_oracle, client);
        if (_oracle.Connected != _oracle.Closed)
            _oracle.Fail($"{_oracle.Connected} Connected, but {_oracle.Closed} Closed");
        _oracle.CheckWaiters();
        foreach (LoopHost host in _server.Hosts)
        {
            if (host.Hub.Frames.InUse != 0 || host.OutboxBytes != 0 || host.Load != 0 || host.Hub.Count != 0)
            {
                _oracle.Fail($"loop {host.Loop.Index} ends with {host.Hub.Frames.InUse} frames, {host.OutboxBytes} "
                    + $"bytes, a load of {host.Load} and {host.Hub.Count} subscriptions");
            }
        }
        var budget = (OutboxBudget)typeof(TcpServer)
            .GetField("_budget", BindingFlags.NonPublic | BindingFlags.Instance)!.GetValue(_server)!;
        long slack = 3L * OutboxBudget.ChunkBytes * _server.Hosts.Count;
        if (budget.ReservedBytes < 0 || budget.ReservedBytes > slack)
            _oracle.Fail($"the outbox budget has {budget.ReservedBytes} bytes reserved; the slack is {slack}");
        _pool.Post(() =>
        {
            foreach (LoopHost host in _server.Hosts)
                host.Loop.RequestStop();
        });
        RunUntilIdle();
        _server.Release();
        if (_server.Pool.Snapshot().Leases is not 0 and var leases)
        {
            string owners = string.Join(
                ", ", Enum.GetValues<LeaseOwner>().Select(o => $"{o} {_server.Pool.Leases(o)}"));
            _oracle.Fail($"{leases} leases were not returned: {owners}");
        }
        ThrowIfFailed();
    }

    private void RunFor(TimeSpan time)
    {
        TimeSpan end = _time.Elapsed + time;
        RunUntilIdle();
        while (_scheduler.NextEvent is { } next && next <= end)
        {
            _time.AdvanceTo(next);
            RunUntilIdle();
        }
        _time.AdvanceTo(end);
        RunUntilIdle();
    }

    /// <summary>Only within a step: what the run itself does is nobody's thread.</summary>
    private void Interleave()
    {
        if (_isStepping)
            _scheduler.Interleave();
    }

    private bool StepOne()
    {
        _isStepping = true;
        bool stepped = _scheduler.StepOne();
        _isStepping = false;
        return stepped;
    }

    private void RunUntilIdle()
    {
        while (StepOne())
        {
            if (_oracle.Sessions.Count > 0)
            {
                Session session = _oracle.Sessions[_nextSession++ % _oracle.Sessions.Count];
                session.CheckReason();
                session.CheckBound();
            }
            ThrowIfFailed();
        }
        CheckMessages();
        ThrowIfFailed();
    }

    /// <summary>Messages on the way to handlers: what each queue may hold, and the one that is in a handler.</summary>
    private void CheckMessages()
    {
        long bound = _oracle.Sessions.Sum(static s => s.IsClosed ? 1L : s.Client.Endpoint.Options.HandlerMessages + 1L);
        long waiting = _server.Hosts.Sum(static h => Volatile.Read(ref h.Load)) - _oracle.Sessions.Count;
        bound += Math.Max(0, waiting) * 9; // their OnConnect is still to come
        long messages = _server.Pool.Leases(LeaseOwner.Message);
        if (messages > bound)
            _oracle.Fail($"{messages} messages wait for handlers; the bound is {bound}");
    }

    private void ThrowIfFailed()
    {
        if (_oracle.Failure is { } failure)
            throw new SimulationFailedException(failure);
    }

    private sealed class ThrowingListener : TraceListener
    {
        public override void Fail(string? message, string? detailMessage) =>
            throw new SimulationFailedException($"An assertion failed: {message} {detailMessage}");

        public override void Write(string? message)
        {
        }

        public override void WriteLine(string? message)
        {
        }
    }
}
