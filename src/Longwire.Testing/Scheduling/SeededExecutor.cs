namespace Longwire.Testing;

/// <summary>
/// A thread pool without threads: work waits until it has a turn, and the seed chooses which is next.
/// </summary>
/// <remarks>
/// Owner: the test. Concurrency: the simulation's thread. Bound: <see cref="Capacity"/> items; more is a failure of
/// the code under test. While an item runs, its <c>await</c>s come back here. What asks the framework's own pool to
/// go on (<c>ConfigureAwait(false)</c> on something that completes elsewhere, <c>Task.Run</c>) leaves the simulation.
/// </remarks>
public sealed class SeededExecutor : IActor
{
    /// <summary>Most items that may wait.</summary>
    public const int Capacity = 1_000_000;

    private readonly List<IThreadPoolWorkItem> _waiting = [];
    private readonly SeededRandom _random;
    private readonly Context _context;

    /// <summary>An executor whose order follows from <paramref name="seed"/>.</summary>
    public SeededExecutor(ulong seed)
    {
        _random = new SeededRandom(seed);
        _context = new Context(this);
    }

    /// <inheritdoc/>
    public string Name => "executor";

    /// <inheritdoc/>
    public bool IsRunnable => _waiting.Count > 0;

    /// <summary>Items that wait.</summary>
    public int Count => _waiting.Count;

    /// <summary>Items run so far.</summary>
    public long Executed { get; private set; }

    /// <summary>
    /// Queues an item, as <see cref="ThreadPool.UnsafeQueueUserWorkItem(IThreadPoolWorkItem, bool)"/> does.
    /// </summary>
    public void Post(IThreadPoolWorkItem item)
    {
        ArgumentNullException.ThrowIfNull(item);
        if (_waiting.Count == Capacity)
            throw new SimulationFailedException($"More than {Capacity} work items wait for the pool.");
        _waiting.Add(item);
    }

    /// <summary>Queues a callback.</summary>
    public void Post(Action callback)
    {
        ArgumentNullException.ThrowIfNull(callback);
        Post(new Callback(callback));
    }

    /// <summary>Runs one of the waiting items, off every loop.</summary>
    public void Step()
    {
        if (_waiting.Count == 0)
            return;
        int index = _random.Next(_waiting.Count);
        IThreadPoolWorkItem item = _waiting[index];
        _waiting[index] = _waiting[^1];
        _waiting.RemoveAt(_waiting.Count - 1);
        Executed++;
        MemoryNetwork.OffLoop(() => Run(item));
    }

    private void Run(IThreadPoolWorkItem item)
    {
        SynchronizationContext? outer = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(_context);
        try
        {
            item.Execute();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(outer);
        }
    }

    private sealed class Callback(Action action) : IThreadPoolWorkItem
    {
        public void Execute() => action();
    }

    private sealed class Context(SeededExecutor executor) : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state) => executor.Post(() => d(state));

        public override void Send(SendOrPostCallback d, object? state) => d(state);

        public override SynchronizationContext CreateCopy() => this;
    }
}
