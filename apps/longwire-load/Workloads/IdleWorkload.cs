using Longwire.Load.Connections;
using Longwire.Load.Protocols;

namespace Longwire.Load.Workloads;

/// <summary>Connections that subscribe, where the protocol can, and do nothing.</summary>
/// <remarks>Owner, concurrency, bound: see <see cref="Workload"/>.</remarks>
internal sealed class IdleWorkload(LoadPlan plan) : Workload(plan)
{
    public override Task BeginAsync() => Task.CompletedTask;

    public override Task<long> CountAsync() => Task.FromResult((long)Connections.Count);

    public override Task<long[]> StopAsync() => Task.FromResult<long[]>([]);

    public override Task<Slice> SettleAsync(long[] published) => Loop.InvokeAsync(NewSlice);

    protected override LoadConnection CreateConnection(int number) => new(Loop, number, number < Plan.Subscribers);
}
