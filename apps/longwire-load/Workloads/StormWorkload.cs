using HdrHistogram;
using Longwire.Load.Connections;
using Longwire.Transport;

namespace Longwire.Load.Workloads;

/// <summary>Drops all connections at once and connects them again, round after round.</summary>
/// <remarks>
/// Owner, concurrency, bound: see <see cref="Workload"/>; a stretch of work ends with the round that it is in.
/// </remarks>
internal sealed class StormWorkload(LoadPlan plan) : Workload(plan)
{
    private Client[] _clients = [];
    private LongHistogram _latency = Slice.NewHistogram();
    private Task _rounds = Task.CompletedTask;
    private long _accepts;
    private long _resumed;
    private long _failed;
    private volatile bool _stopping;

    public override async Task ConnectAsync(int total)
    {
        _clients = NewClients();
        await ConnectAsync(_clients);
    }

    public override Task BeginAsync()
    {
        _stopping = false;
        Volatile.Write(ref _accepts, 0);
        _resumed = 0;
        _latency = Slice.NewHistogram();
        _rounds = RunRoundsAsync();
        return Task.CompletedTask;
    }

    public override Task<long> CountAsync() => Task.FromResult(Volatile.Read(ref _accepts));

    public override Task<long[]> StopAsync()
    {
        _stopping = true;
        return Task.FromResult<long[]>([]);
    }

    public override async Task<Slice> SettleAsync(long[] published)
    {
        await _rounds;
        return await Loop.InvokeAsync(() =>
        {
            Slice slice = NewSlice().Count(CountNames.Failed, _failed);
            slice.Operations = _accepts;
            if (Plan.Tls != TlsUse.None)
                slice.Count(CountNames.Resumed, _resumed);
            slice.TakeLatency(_latency);
            _failed = 0; // here and not at the beginning: one that is lost meanwhile counts
            return slice;
        });
    }

    protected override LoadConnection CreateConnection(int number) => new Client(this, number);

    protected override Task DropAsync(CloseMode mode) => Loop.InvokeAsync(() =>
    {
        foreach (Client one in _clients)
            one.Drop(mode);
    });

    private async Task RunRoundsAsync()
    {
        do
        {
            await DropAsync(Plan.Aborts ? CloseMode.Abort : CloseMode.Close);
            _clients = NewClients();
            await NewConnector(static one => ((Client)one).Dialled = Time.GetTimestamp()).ConnectAllAsync(_clients);
            Loop.ThrowIfFaulted();
        }
        while (!_stopping && _failed == 0);
    }

    private Client[] NewClients() =>
        [.. Enumerable.Range(Plan.First, Plan.Share).Select(number => new Client(this, number))];

    /// <summary>One connection of one round.</summary>
    /// <remarks>Owner, concurrency, bound: see <see cref="LoadConnection"/>.</remarks>
    private sealed class Client(StormWorkload workload, int number)
        : LoadConnection(workload.Loop, number, subscribes: number < workload.Plan.Subscribers)
    {
        internal long Dialled { get; set; }

        protected override void OnGreeted()
        {
            Volatile.Write(ref workload._accepts, workload._accepts + 1);
            if (IsResumed)
                workload._resumed++;
            if (Dialled > 0)
                Slice.Record(workload._latency, Dialled, Owner.Now);
        }

        protected override void OnEnded() => workload._failed++;
    }
}
