using Longwire.Load.Connections;
using Longwire.Load.Protocols;
using Longwire.Primitives;

namespace Longwire.Load.Workloads;

/// <summary>
/// Every connection publishes at full rate to a topic that nobody subscribed to: what reading costs. A message counts
/// once the probe that closes the stretch is answered, which proves that the server has read it.
/// </summary>
/// <remarks>
/// Owner, concurrency, bound: see <see cref="Workload"/>; all connections send one shared block of frames.
/// </remarks>
internal sealed class IngestWorkload : Workload
{
    private const int BlockBytes = 64 << 10;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly Frame _block;
    private readonly int _messages; // in a block
    private bool _pumping;

    internal IngestWorkload(LoadPlan plan)
        : base(plan)
    {
        int bytes = Loop.Protocol.FrameBytes(plan.Size);
        _messages = Math.Max(1, BlockBytes / bytes);
        _block = Loop.RentFrame(_messages * bytes);
        for (int i = 0; i < _messages; i++)
        {
            Span<byte> frame = _block.Span.Slice(i * bytes, bytes);
            PushMessage.Write(Loop.Protocol.WriteFrame(frame, plan.Size), 0, i + 1, Time.GetTimestamp());
        }
    }

    private IEnumerable<Client> Clients => Connections.Cast<Client>();

    public override Task BeginAsync() => Loop.InvokeAsync(() =>
    {
        _pumping = true;
        foreach (Client one in Clients)
            one.Begin();
    });

    /// <summary>What was given to the kernels so far; for the terminal.</summary>
    public override Task<long> CountAsync() =>
        Loop.InvokeAsync(() => Clients.Sum(static one => one.Blocks) * _messages);

    public override Task<long[]> StopAsync() => Loop.InvokeAsync<long[]>(() =>
    {
        _pumping = false;
        foreach (Client one in Clients)
            one.Probe();
        return [];
    });

    public override async Task<Slice> SettleAsync(long[] published)
    {
        await WaitAsync(() => Clients.All(static one => one.IsProbed || one.Ending != Ending.None), s_patience);
        return await Loop.InvokeAsync(() =>
        {
            Slice slice = NewSlice().Count(CountNames.Unanswered, Clients.Count(static one => !one.IsProbed));
            slice.Operations = Clients.Where(static one => one.IsProbed).Sum(static one => one.Blocks) * _messages;
            return slice;
        });
    }

    protected override LoadConnection CreateConnection(int number) => new Client(this, number);

    /// <summary>Sends the block again whenever the kernel has taken the last one, one block a turn.</summary>
    /// <remarks>Owner, concurrency, bound: see <see cref="LoadConnection"/>.</remarks>
    private sealed class Client(IngestWorkload workload, int number)
        : LoadConnection(workload.Loop, number, subscribes: false)
    {
        internal long Blocks { get; private set; }

        internal bool IsProbed { get; private set; }

        internal void Begin()
        {
            Blocks = 0;
            IsProbed = false;
            Refill();
        }

        protected override void Refill()
        {
            if (!workload._pumping || Ending != Ending.None)
                return;
            Blocks++;
            workload._block.AddReference();
            Send(workload._block);
        }

        protected override void OnSent() => AskForTurn();

        protected override void OnProbed() => IsProbed = true;
    }
}
