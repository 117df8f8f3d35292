using Longwire.Load.Connections;
using Longwire.Load.Protocols;
using Longwire.Primitives;

namespace Longwire.Load.Workloads;

/// <summary>Few publish, many subscribe.</summary>
/// <remarks>
/// Owner, concurrency, bound: see <see cref="Workload"/>. The publishers live in the first process only; the others
/// are told what was published when they settle.
/// </remarks>
internal sealed class FanoutWorkload : Workload
{
    private static readonly TimeSpan s_arrival = TimeSpan.FromSeconds(30); // what was published last may take so long
    private static readonly TimeSpan s_cutOffArrival = TimeSpan.FromSeconds(1); // if it may never have arrived here

    private readonly Publisher[] _publishers;
    private readonly Tick _tick;
    private Schedule _schedule;
    private long _scheduled; // messages of the schedule that were published
    private Pacer? _pacer;
    private Task _stall = Task.CompletedTask;
    private long _asked; // private requests and answers since the beginning
    private long _answered;
    private long _damaged;

    internal FanoutWorkload(LoadPlan plan)
        : base(plan)
    {
        Deliveries = new Deliveries(Loop, plan.Body, plan.Share, Math.Max(1, plan.PublishersOfAll));
        _publishers = [.. Enumerable.Range(0, plan.Publishers).Select(index =>
            new Publisher(Loop, plan.Connections + index, index) { MessageBytes = plan.Size, Body = plan.Body })];
        _tick = new Tick(this);
    }

    internal Deliveries Deliveries { get; }

    internal IReadOnlyList<Publisher> Publishers => _publishers;

    internal IEnumerable<Subscriber> Subscribers =>
        Connections.Cast<Subscriber>().Where(static one => one.IsSubscribed);

    /// <summary>
    /// Connects and subscribes the subscribers, then the publishers, so that nobody misses the first message.
    /// </summary>
    public override async Task ConnectAsync(int total)
    {
        await base.ConnectAsync(total);
        await ConnectAsync(_publishers);
    }

    public override Task BeginAsync()
    {
        if (Plan.Stalled > 0)
            _stall = StallAsync();
        return Loop.InvokeAsync(() =>
        {
            Deliveries.Begin();
            _asked = _answered = _damaged = 0;
            if (_publishers.Length == 0)
                return;
            if (Plan.Window > 0)
                BeginWindow();
            else
                BeginRate();
        });
    }

    public override Task<long> CountAsync() => Task.FromResult(Deliveries.Count);

    public override async Task<long[]> StopAsync()
    {
        _pacer?.Dispose();
        _pacer = null;
        return await Loop.InvokeAsync(() =>
        {
            _schedule = default;
            foreach (Publisher one in _publishers)
                one.Stop();
            return Array.ConvertAll(_publishers, static one => one.Published);
        });
    }

    public override async Task<Slice> SettleAsync(long[] published)
    {
        await _stall;
        bool isCutOff = await Loop.InvokeAsync(() => _publishers.Any(static one => one.Ending != Ending.None));
        await WaitAsync(
            () => _answered == _asked
                && Subscribers.All(one => one.Ending != Ending.None || Deliveries.HasAll(one.Place, published)),
            isCutOff ? s_cutOffArrival : s_arrival);
        return await Loop.InvokeAsync(() =>
        {
            int behind = Subscribers.Count(one => one.IsStalling && !Deliveries.HasAll(one.Place, published));
            foreach (Subscriber reader in Subscribers.Where(static one => one.IsReader))
                Deliveries.GiveUp(reader.Place, published);
            Slice slice = NewSlice();
            Deliveries.AddTo(slice);
            slice.Count(CountNames.LostConnections, _publishers.Count(static one => one.Ending != Ending.None));
            if (Plan.PrivateEvery > 0)
            {
                slice.Count(CountNames.PrivateAnswers, _answered).Count(CountNames.Unanswered, _asked - _answered)
                    .Count(CountNames.Corrupted, _damaged);
            }
            if (Loop.Inflation?.TakeCounts() is var (deflated, inflated))
                slice.Count(CountNames.DeflatedBytes, deflated).Count(CountNames.InflatedBytes, inflated);
            if (Plan.Stalled > 0)
                slice.Count(CountNames.StalledWithoutLast, behind);
            return slice;
        });
    }

    public override async ValueTask DisposeAsync()
    {
        _pacer?.Dispose();
        await Loop.InvokeAsync(() => Array.ForEach(_publishers, static one => one.Drop(Transport.CloseMode.Abort)));
        await base.DisposeAsync();
    }

    internal void OnAsked() => _asked++;

    internal void OnAnswered(bool isRight)
    {
        _answered++;
        _damaged += isRight ? 0 : 1;
    }

    internal void OnDelivered(PushMessage.Header header)
    {
        if (header.Publisher < _publishers.Length)
            _publishers[header.Publisher].OnDelivered(header.Number);
    }

    /// <summary>Lets those who stall stop reading, or read on.</summary>
    internal Task PauseStallingAsync(bool pause) => Loop.InvokeAsync(() =>
    {
        foreach (Subscriber one in Subscribers.Where(static one => one.IsStalling))
            one.IsPaused = pause;
    });

    protected override LoadConnection CreateConnection(int number) =>
        new Subscriber(this, number, number - Plan.First);

    private void BeginWindow()
    {
        int readers = Subscribers.Count(static one => one.IsReader);
        foreach (Publisher one in _publishers)
            one.BeginWindow(Plan.Window, readers);
    }

    private void BeginRate()
    {
        _schedule = new Schedule(Time.GetTimestamp(), Time.TimestampFrequency / Plan.Rate);
        _scheduled = 0;
        PublishDue(); // the first is due at once; the pacer waits for the next one
        _pacer = new Pacer(Loop, _tick, _schedule);
    }

    private async Task StallAsync()
    {
        await PauseStallingAsync(pause: true);
        await Task.Delay(Plan.StallFor);
        await PauseStallingAsync(pause: false);
    }

    private void PublishDue()
    {
        if (_schedule.Interval <= 0)
            return; // stopped meanwhile
        for (long due = _schedule.DueBy(Time.GetTimestamp()); _scheduled < due; _scheduled++)
            _publishers[_scheduled % _publishers.Length].Publish(_schedule.DueAt(_scheduled));
    }

    private sealed class Tick(FanoutWorkload workload) : LoopWork
    {
        protected override void Run() => workload.PublishDue();
    }
}
