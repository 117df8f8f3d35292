using HdrHistogram;
using Longwire.Load.Connections;
using Longwire.Load.Protocols;
using Longwire.Primitives;

namespace Longwire.Load.Workloads;

/// <summary>
/// Every connection asks, waits for the answer, and asks again: at once, or in its turn when the next request is due.
/// </summary>
/// <remarks>
/// Owner, concurrency, bound: see <see cref="Workload"/>; one request per connection is outstanding. What is due while
/// all wait for answers is late, which its latency shows.
/// </remarks>
internal sealed class EchoWorkload : Workload
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly Tick _tick;
    private readonly Queue<Client> _free = new(); // with a rate: those whose turn it is next
    private Schedule _schedule;
    private long _scheduled; // requests of the schedule that were sent
    private Pacer? _pacer;
    private LongHistogram _latency = Slice.NewHistogram();
    private long _answers;
    private long _corrupted;
    private long _unsent;
    private int _outstanding;
    private bool _asking;

    internal EchoWorkload(LoadPlan plan)
        : base(plan) => _tick = new Tick(this);

    private bool IsPaced => Plan.Rate > 0;

    public override Task BeginAsync() => Loop.InvokeAsync(() =>
    {
        Volatile.Write(ref _answers, 0);
        _corrupted = 0;
        _latency = Slice.NewHistogram();
        _asking = true;
        _free.Clear();
        if (IsPaced)
        {
            double share = Plan.Rate * Plan.Share / Plan.Connections;
            _schedule = new Schedule(Time.GetTimestamp(), Time.TimestampFrequency / share);
            _scheduled = 0;
            _pacer = new Pacer(Loop, _tick, _schedule);
        }
        foreach (LoadConnection one in Connections)
            AskNext((Client)one);
    });

    public override Task<long> CountAsync() => Task.FromResult(Volatile.Read(ref _answers));

    public override async Task<long[]> StopAsync()
    {
        _pacer?.Dispose();
        _pacer = null;
        return await Loop.InvokeAsync<long[]>(() =>
        {
            _asking = false;
            // Due for a second and never sent, since every client still waits: to hide them would omit the worst.
            long dueBy = Time.GetTimestamp() - Time.TimestampFrequency;
            _unsent = IsPaced ? Math.Max(0, _schedule.DueBy(dueBy) - _scheduled) : 0;
            return [];
        });
    }

    public override async Task<Slice> SettleAsync(long[] published)
    {
        await WaitAsync(() => _outstanding == 0, s_patience);
        return await Loop.InvokeAsync(() =>
        {
            Slice slice = NewSlice().Count(CountNames.Corrupted, _corrupted)
                .Count(CountNames.Unanswered, _outstanding).Count(CountNames.Unsent, _unsent);
            slice.Operations = _answers;
            slice.TakeLatency(_latency);
            return slice;
        });
    }

    public override async ValueTask DisposeAsync()
    {
        _pacer?.Dispose();
        await base.DisposeAsync();
    }

    protected override LoadConnection CreateConnection(int number) => new Client(this, number);

    /// <summary>A client is free to ask again.</summary>
    private void AskNext(Client client)
    {
        if (!IsPaced)
        {
            client.Ask(Time.GetTimestamp());
            return;
        }
        _free.Enqueue(client);
        AskDue();
    }

    private void AskDue()
    {
        if (!_asking)
            return; // stopped meanwhile
        for (long due = _schedule.DueBy(Time.GetTimestamp()); _scheduled < due; _scheduled++)
        {
            if (!_free.TryDequeue(out Client? client))
                return;
            client.Ask(_schedule.DueAt(_scheduled));
        }
    }

    private void Answered(long asked, bool isRight)
    {
        _outstanding--;
        Volatile.Write(ref _answers, _answers + 1);
        Slice.Record(_latency, asked, Loop.Now);
        if (!isRight)
            _corrupted++;
    }

    /// <summary>One connection; its request is written once, and only its number changes.</summary>
    /// <remarks>Owner, concurrency, bound: see <see cref="LoadConnection"/>.</remarks>
    private sealed class Client(EchoWorkload workload, int number)
        : LoadConnection(workload.Loop, number, subscribes: false)
    {
        private readonly int _size = workload.Plan.Size;
        private Frame? _request;
        private long _asked;
        private uint _requests;

        internal void Ask(long due)
        {
            if (Ending != Ending.None)
                return;
            EchoRequest.Number(Payload(), ++_requests);
            workload._outstanding++;
            _asked = due;
            _request!.AddReference();
            Send(_request);
        }

        /// <summary>The header is compared always, the body in the first answer and every 64th after it.</summary>
        protected override void OnEcho(ReadOnlySpan<byte> payload)
        {
            ReadOnlySpan<byte> sent = Payload();
            bool whole = (_requests & (Verification.Sample - 1)) == 1;
            int compared = whole ? _size : EchoRequest.HeaderBytes;
            workload.Answered(_asked, payload.Length == _size && payload[..compared].SequenceEqual(sent[..compared]));
            if (workload._asking)
                workload.AskNext(this);
        }

        protected override void OnGreeted() => EchoRequest.Begin(Payload(), Number);

        private Span<byte> Payload()
        {
            _request ??= Owner.RentFrame(Owner.Protocol.FrameBytes(_size));
            return Owner.Protocol.WriteFrame(_request.Span, _size);
        }
    }

    private sealed class Tick(EchoWorkload workload) : LoopWork
    {
        protected override void Run() => workload.AskDue();
    }
}

/// <summary>How much of what arrives is verified.</summary>
internal static class Verification
{
    /// <summary>
    /// A whole body is compared in one of so many messages of a connection, a power of two: comparing 16 KiB every
    /// time would cost the driver more than the server's send does.
    /// </summary>
    internal const int Sample = 64;
}
