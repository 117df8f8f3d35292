using Longwire.Primitives;

namespace Longwire.Load;

/// <summary>The publisher's connection: sends messages at a rate, with a number in flight, or when told to.</summary>
/// <remarks>
/// Owner: a scenario. Concurrency: the driver's loop, but for <see cref="Published"/>. Bound: with a window, its
/// messages; with a rate, what the server does not read waits in the connection's queue and shows as latency.
/// </remarks>
internal sealed class Broadcast : LoadConnection
{
    private readonly TimeProvider _time;
    private readonly Tick _tick;
    private int[] _missing = []; // subscribers that message n has not reached yet, at n modulo the window
    private int _readers;
    private long _published;
    private long _firstDue;
    private double _interval; // clock ticks between two messages; 0 while no rate is set

    internal Broadcast(LoadLoop owner, TimeProvider time, int messageBytes)
        : base(owner)
    {
        _time = time;
        MessageBytes = messageBytes;
        _tick = new Tick(this);
    }

    /// <summary>Payload bytes of the messages.</summary>
    internal int MessageBytes { get; set; }

    /// <summary>Messages sent so far; the last one's number.</summary>
    internal long Published => Volatile.Read(ref _published);

    /// <summary>The work to post when a message is due.</summary>
    internal LoopWork Due => _tick;

    /// <summary>The answer to <see cref="AskForEcho"/> has come.</summary>
    internal bool HasEcho { get; private set; }

    /// <summary>Subscribers that read and have ended all the same.</summary>
    internal int Lost { get; private set; }

    private long NextDue => _firstDue + (long)(_interval * _published);

    /// <summary>Open loop: message n is due n intervals after the first, whatever became of those before it.</summary>
    internal void BeginRate(double perSecond, long firstDue)
    {
        _interval = _time.TimestampFrequency / perSecond;
        _firstDue = firstDue;
    }

    /// <summary>Closed loop: as many messages in flight; one is done when each of the readers has it.</summary>
    internal void BeginWindow(int window, int readers)
    {
        _missing = new int[window];
        _readers = readers;
        for (int i = 0; i < window; i++)
            PublishNow();
    }

    /// <summary>Publishes no more by itself.</summary>
    internal void Stop()
    {
        _interval = 0;
        _readers = 0;
    }

    /// <summary>Publishes one message that is due now.</summary>
    internal void PublishNow() => Publish(_time.GetTimestamp());

    /// <summary>Asks for a sign that the server has read all that was published.</summary>
    internal void AskForEcho()
    {
        HasEcho = false;
        Frame request = RentFrame(1, out Span<byte> payload);
        payload[0] = (byte)'E';
        Send(request);
    }

    /// <summary>A subscriber that reads has a message.</summary>
    internal void OnDelivered(long sequence)
    {
        if (_missing.Length > 0 && --_missing[sequence % _missing.Length] == 0 && _readers > 0)
            PublishNow();
    }

    internal void OnEnded(Subscriber subscriber)
    {
        if (!subscriber.IsStalling)
            Lost++;
    }

    protected override void OnConnected() => Settle();

    /// <summary>An echo to the publisher: the server has read all that was sent before it.</summary>
    protected override void OnMessage(ReadOnlySpan<byte> payload) => HasEcho = true;

    private void Publish(long due)
    {
        long sequence = _published + 1;
        Frame frame = RentFrame(MessageBytes, out Span<byte> payload);
        PushMessage.Write(payload, sequence, due);
        Volatile.Write(ref _published, sequence);
        if (_missing.Length > 0)
            _missing[sequence % _missing.Length] = _readers;
        Send(frame);
    }

    private void PublishDue()
    {
        long now = _time.GetTimestamp();
        while (_interval > 0 && NextDue <= now && Ending == Ending.None)
            Publish(NextDue);
    }

    private sealed class Tick(Broadcast broadcast) : LoopWork
    {
        protected override void Run() => broadcast.PublishDue();
    }
}
