using System.Runtime.CompilerServices;

namespace Longwire.Testing;

/// <summary>
/// A thread pool without threads: work waits until it has a turn, and the seed chooses which is next.
/// </summary>
/// <remarks>
/// Owner: the test. Concurrency: the simulation's thread. Bound: <see cref="Capacity"/> items; more is a failure of
/// the code under test. No context is set while an item runs, so a task that completes in a step goes on in that
/// step, <c>ConfigureAwait(false)</c> or not; to go on in a later one, await <see cref="Yield"/>, or <c>Task.Delay</c>
/// on the virtual clock. What names the framework's pool (<c>Task.Yield</c>, <see
/// cref="TaskCreationOptions.RunContinuationsAsynchronously"/>, channels) leaves the simulation.
/// </remarks>
public sealed class SeededExecutor : IActor
{
    /// <summary>Most items that may wait.</summary>
    public const int Capacity = 1_000_000;

    private readonly List<IThreadPoolWorkItem> _waiting = [];
    private readonly SeededRandom _random;

    /// <summary>An executor whose order follows from <paramref name="seed"/>.</summary>
    public SeededExecutor(ulong seed) => _random = new SeededRandom(seed);

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

    /// <summary>An awaitable that goes on in a later turn of this executor.</summary>
    public YieldAwaitable Yield() => new(this);

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

    private static void Run(IThreadPoolWorkItem item)
    {
        SynchronizationContext? outer = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
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

    /// <summary>Awaits a later turn.</summary>
    public readonly struct YieldAwaitable : INotifyCompletion, IEquatable<YieldAwaitable>
    {
        private readonly SeededExecutor _executor;

        internal YieldAwaitable(SeededExecutor executor) => _executor = executor;

        /// <summary>False: it always waits.</summary>
        public bool IsCompleted => false;

        /// <summary>Itself.</summary>
        public YieldAwaitable GetAwaiter() => this;

        /// <summary>Nothing.</summary>
        public void GetResult()
        {
        }

        /// <inheritdoc/>
        public void OnCompleted(Action continuation) => _executor.Post(continuation);

        /// <inheritdoc/>
        public bool Equals(YieldAwaitable other) => _executor == other._executor;

        /// <inheritdoc/>
        public override bool Equals(object? obj) => obj is YieldAwaitable other && Equals(other);

        /// <inheritdoc/>
        public override int GetHashCode() => _executor.GetHashCode();

        /// <summary>Equality.</summary>
        public static bool operator ==(YieldAwaitable left, YieldAwaitable right) => left.Equals(right);

        /// <summary>Inequality.</summary>
        public static bool operator !=(YieldAwaitable left, YieldAwaitable right) => !left.Equals(right);
    }
}
