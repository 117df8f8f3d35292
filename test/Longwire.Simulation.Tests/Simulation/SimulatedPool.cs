using Longwire.Testing;

namespace Longwire.Simulation;

/// <summary>The kit's executor with a context, so that every <c>await</c> of what it runs comes back to it.</summary>
/// <remarks>Owner: the run. Concurrency: the simulation's thread. Bound: the executor's.</remarks>
internal sealed class SimulatedPool : SynchronizationContext
{
    internal SimulatedPool(ulong seed) => Executor = new SeededExecutor(seed);

    /// <summary>The actor.</summary>
    internal SeededExecutor Executor { get; }

    public override void Post(SendOrPostCallback d, object? state) => Post(() => d(state));

    public override void Send(SendOrPostCallback d, object? state) => d(state);

    public override SynchronizationContext CreateCopy() => this;

    internal void Post(IThreadPoolWorkItem item) => Post(item.Execute);

    internal void Post(Action action) => Executor.Post(() =>
    {
        SynchronizationContext? outer = Current;
        SetSynchronizationContext(this);
        try
        {
            action();
        }
        finally
        {
            SetSynchronizationContext(outer);
        }
    });
}
