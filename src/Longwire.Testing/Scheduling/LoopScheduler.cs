using Longwire.Transport;

namespace Longwire.Testing;

/// <summary>
/// Runs the loops of a network, the network itself and any further actors on one thread, in an order that follows from
/// a seed. A loop that has nothing to do is parked between its turns just as on its own thread, and is resumed only
/// by an event, a wake-up or its deadline: so a lost wake-up is found instead of hidden.
/// </summary>
/// <remarks>
/// Owner: the test. Concurrency: one thread. Bound: <see cref="StepLimit"/> steps at one instant of virtual time; more
/// is a livelock and throws.
/// </remarks>
public sealed class LoopScheduler
{
    private const int MaxDepth = 8; // steps within steps; deeper ones would show nothing new

    private readonly MemoryNetwork _network;
    private readonly SeededRandom _random;
    private readonly List<IActor> _actors;
    private readonly List<IActor> _running = [];
    private TimeSpan _instant;
    private long _stepsAtInstant;

    /// <summary>
    /// A scheduler for the loops of <paramref name="network"/>, present and future, ordered by <paramref
    /// name="seed"/>.
    /// </summary>
    public LoopScheduler(MemoryNetwork network, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(network);
        _network = network;
        _random = new SeededRandom(seed);
        _actors = [network];
    }

    /// <summary>Steps so far.</summary>
    public long Steps { get; private set; }

    /// <summary>Most steps without time passing. Default: 1,000,000.</summary>
    public long StepLimit { get; set; } = 1_000_000;

    /// <summary>
    /// When something will happen by itself, counted from the clock's start; null when nothing will.
    /// </summary>
    /// <remarks>The least of: the end of a loop's wait, an arrival on the network, a timer of the clock.</remarks>
    public TimeSpan? NextEvent
    {
        get
        {
            TimeSpan? next = Earlier(_network.NextArrival, _network.Time.NextTimer);
            foreach (MemoryPoller poller in _network.Pollers)
                next = Earlier(next, poller.Actor.Deadline);
            return next;
        }
    }

    /// <summary>True when nobody can do anything until time passes.</summary>
    public bool IsIdle => CountRunnable() == 0;

    /// <summary>Adds an actor: a <see cref="SeededExecutor"/>, or the test's own clients.</summary>
    public void Add(IActor actor)
    {
        ArgumentNullException.ThrowIfNull(actor);
        _actors.Add(actor);
    }

    /// <summary>Whether a loop waits in its poller, and until when: null is until it is woken.</summary>
    public bool IsParked(Loop loop, out TimeSpan? until)
    {
        LoopActor actor = Find(loop);
        until = actor.Deadline;
        return actor.IsWaiting;
    }

    /// <summary>Ends a loop's wait, if it waits, and runs one tick of it.</summary>
    public void Step(Loop loop)
    {
        LoopActor actor = Find(loop);
        if (actor.IsWaiting)
            Run(actor);
        if (!loop.IsStopping)
            Run(actor);
        Check();
    }

    /// <summary>Gives a turn to one actor of those that can run; false when there is none.</summary>
    /// <exception cref="SimulationFailedException">A wake-up was lost, or nothing comes to rest.</exception>
    public bool StepOne()
    {
        int runnable = CountRunnable();
        if (runnable == 0)
        {
            Check();
            return false;
        }
        Steps++;
        CountStep();
        Run(Choose(_random.Next(runnable)));
        Check();
        return true;
    }

    /// <summary>
    /// For the middle of another step, where two threads may meet: gives a few others a turn, or none, by the seed.
    /// </summary>
    public void Interleave()
    {
        while (_running.Count < MaxDepth && _random.Chance(0.3) && StepOne())
        {
        }
    }

    /// <summary>Runs until nobody can do anything at this instant of virtual time.</summary>
    public void RunUntilIdle()
    {
        while (StepOne())
        {
        }
    }

    /// <summary>
    /// Moves the clock to <see cref="NextEvent"/>; false when there is none. It runs only the clock's timers.
    /// </summary>
    public bool AdvanceToNext()
    {
        if (NextEvent is not { } next)
            return false;
        _network.Time.AdvanceTo(next);
        return true;
    }

    /// <summary>Runs, with time passing, for a time.</summary>
    public void RunFor(TimeSpan time)
    {
        TimeSpan end = _network.Time.Elapsed + time;
        RunUntilIdle();
        while (NextEvent is { } next && next <= end)
        {
            _network.Time.AdvanceTo(next);
            RunUntilIdle();
        }
        _network.Time.AdvanceTo(end);
        RunUntilIdle();
    }

    /// <summary>Runs, with time passing, until a condition holds after some step.</summary>
    /// <exception cref="SimulationFailedException">It does not hold in time; the message says what.</exception>
    public void RunUntil(string what, Func<bool> condition, TimeSpan within)
    {
        ArgumentNullException.ThrowIfNull(condition);
        TimeSpan end = _network.Time.Elapsed + within;
        while (!condition())
        {
            if (StepOne())
                continue;
            if (NextEvent is not { } next || next > end)
                throw Failure($"waited {within} of virtual time in vain until {what}");
            _network.Time.AdvanceTo(next);
        }
    }

    /// <summary>
    /// An exception with the seeds and the end of the trace in its message; for a test's own findings too.
    /// </summary>
    public SimulationFailedException Failure(string message) => new(
        $"{message} (network seed {_network.Seed}, order seed {_random.Seed}, step {Steps}, "
        + $"{_network.Time.Elapsed})\n{_network.Trace}");

    private void Run(IActor actor)
    {
        // Loops have no context that an await could come back to, whatever the test framework or a pool item has set.
        SynchronizationContext? outer = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        _running.Add(actor);
        try
        {
            actor.Step();
        }
        finally
        {
            _running.RemoveAt(_running.Count - 1);
            SynchronizationContext.SetSynchronizationContext(outer);
        }
    }

    /// <summary>A pool runs several items at once; anybody else in the middle of a step has no second turn.</summary>
    private bool CanRun(IActor actor) => actor.IsRunnable && (actor is SeededExecutor || !_running.Contains(actor));

    private void Check()
    {
        if (_running.Count > 0)
            return; // in the middle of a post or a tick a wake-up may still be on its way
        foreach (MemoryPoller poller in _network.Pollers)
        {
            if (poller.Actor.FindLostWake() is { } lost)
                throw Failure($"A wake-up was lost: {lost}");
        }
    }

    private void CountStep()
    {
        if (_instant != _network.Time.Elapsed)
        {
            _instant = _network.Time.Elapsed;
            _stepsAtInstant = 0;
        }
        if (++_stepsAtInstant > StepLimit)
            throw Failure($"Livelock: {StepLimit} steps without time passing; still running: {NameRunnable()}");
    }

    private int CountRunnable()
    {
        int count = 0;
        foreach (IActor actor in _actors)
            count += CanRun(actor) ? 1 : 0;
        foreach (MemoryPoller poller in _network.Pollers)
            count += poller.Actor.IsRunnable ? 1 : 0;
        return count;
    }

    private IActor Choose(int number)
    {
        foreach (IActor actor in _actors)
        {
            if (CanRun(actor) && number-- == 0)
                return actor;
        }
        foreach (MemoryPoller poller in _network.Pollers)
        {
            if (poller.Actor.IsRunnable && number-- == 0)
                return poller.Actor;
        }
        throw new InvalidOperationException("An actor's IsRunnable changed while it was asked.");
    }

    private string NameRunnable() => string.Join(", ",
        _actors.Concat(_network.Pollers.Select(p => p.Actor)).Where(a => a.IsRunnable).Select(a => a.Name));

    private LoopActor Find(Loop loop) => _network.Pollers.FirstOrDefault(p => p.ServedLoop == loop)?.Actor
        ?? throw new ArgumentException("The loop's poller is not of this network, or was disposed.", nameof(loop));

    private static TimeSpan? Earlier(TimeSpan? left, TimeSpan? right) => left is null || right < left ? right : left;
}
