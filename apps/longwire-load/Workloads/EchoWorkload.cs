using HdrHistogram;
using Longwire.Load.Connections;
using Longwire.Load.Protocols;
using Longwire.Primitives;

namespace Longwire.Load.Workloads;

/// <summary>Every connection asks, waits for the answer, and asks again.</summary>
/// <remarks>
/// Owner, concurrency, bound: see <see cref="Workload"/>; one request per connection is outstanding.
/// </remarks>
internal sealed class EchoWorkload(LoadPlan plan) : Workload(plan)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private LongHistogram _latency = Slice.NewHistogram();
    private long _answers;
    private long _corrupted;
    private int _outstanding;
    private bool _asking;

    public override Task BeginAsync() => Loop.InvokeAsync(() =>
    {
        Volatile.Write(ref _answers, 0);
        _corrupted = 0;
        _latency = Slice.NewHistogram();
        _asking = true;
        foreach (LoadConnection one in Connections)
            ((Client)one).Ask();
    });

    public override Task<long> CountAsync() => Task.FromResult(Volatile.Read(ref _answers));

    public override Task<long[]> StopAsync() => Loop.InvokeAsync<long[]>(() =>
    {
        _asking = false;
        return [];
    });

    public override async Task<Slice> SettleAsync(long[] published)
    {
        await WaitAsync(() => _outstanding == 0, s_patience);
        return await Loop.InvokeAsync(() =>
        {
            Slice slice = NewSlice().Count(CountNames.Corrupted, _corrupted)
                .Count(CountNames.Unanswered, _outstanding);
            slice.Operations = _answers;
            slice.TakeLatency(_latency);
            return slice;
        });
    }

    protected override LoadConnection CreateConnection(int number) => new Client(this, number);

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

        internal void Ask()
        {
            if (Ending != Ending.None)
                return;
            EchoRequest.Number(Payload(), ++_requests);
            workload._outstanding++;
            _asked = Time.GetTimestamp();
            _request!.AddReference();
            Send(_request);
        }

        /// <summary>The header is compared always, the body in every 64th answer.</summary>
        protected override void OnEcho(ReadOnlySpan<byte> payload)
        {
            ReadOnlySpan<byte> sent = Payload();
            bool whole = (_requests & (Verification.Sample - 1)) == 0;
            int compared = whole ? _size : EchoRequest.HeaderBytes;
            workload.Answered(_asked, payload.Length == _size && payload[..compared].SequenceEqual(sent[..compared]));
            if (workload._asking)
                Ask();
        }

        protected override void OnGreeted() => EchoRequest.Begin(Payload(), Number);

        private Span<byte> Payload()
        {
            _request ??= Owner.RentFrame(Owner.Protocol.FrameBytes(_size));
            return Owner.Protocol.WriteFrame(_request.Span, _size);
        }

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
