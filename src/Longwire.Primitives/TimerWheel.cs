using System.Numerics;

namespace Longwire.Primitives;

/// <summary>
/// A hashed timing wheel (Varghese and Lauck 1987, scheme 6) of intrusive nodes: arming costs no allocation.
/// </summary>
/// <remarks>
/// Owner: a loop. Concurrency: that loop only. Bound: one place per <see cref="TimedWork"/>. Deadlines further away
/// than
/// one turn stay in their slot until their turn has come. Activity does not move a timer: the owner writes a tick into
/// its own field and re-arms when the timer expires early.
/// </remarks>
public sealed class TimerWheel
{
    /// <summary>
    /// Resolution: 20 ms. The deadlines of connections are seconds; this bounds an idle loop to 50 wake-ups a second.
    /// </summary>
    public static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(20);

    /// <summary>The due tick of a timer that is not armed.</summary>
    public const long NotArmed = -1;

    private const int Slots = 1024; // one turn is 20.48 s

    private const int Due = Slots; // the extra list of timers whose callbacks are being run
    private const long Expired = -2; // the due tick of a timer in that list

    private readonly TimedWork?[] _slots = new TimedWork?[Slots + 1];
    private readonly ulong[] _occupied = new ulong[Slots / 64 + 1];
    private readonly Action<TimedWork, long>? _run;
    private long _current;

    /// <summary>Creates a wheel at tick 0.</summary>
    public TimerWheel()
    {
    }

    /// <summary>Creates a wheel whose owner runs the callbacks: a throw would hold up all timers behind it.</summary>
    internal TimerWheel(Action<TimedWork, long> run) => _run = run;

    /// <summary>The tick that was advanced to last.</summary>
    public long Current => _current;

    /// <summary>Armed timers.</summary>
    public int Count { get; private set; }

    /// <summary>
    /// Arms, or moves, a timer to <paramref name="dueTick"/>; a tick that has passed becomes the next one.
    /// </summary>
    public void Arm(TimedWork timer, long dueTick)
    {
        ArgumentNullException.ThrowIfNull(timer);
        Disarm(timer);
        dueTick = Math.Max(dueTick, _current + 1);
        Link(timer, dueTick, (int)(dueTick & (Slots - 1)));
    }

    /// <summary>Disarms a timer; nothing happens when it is not armed.</summary>
    public void Disarm(TimedWork timer)
    {
        ArgumentNullException.ThrowIfNull(timer);
        if (timer.DueTick == NotArmed)
            return;
        int slot = timer.DueTick == Expired ? Due : (int)(timer.DueTick & (Slots - 1));
        if (timer.PreviousTimer is null)
            _slots[slot] = timer.NextTimer;
        else
            timer.PreviousTimer.NextTimer = timer.NextTimer;
        if (timer.NextTimer is not null)
            timer.NextTimer.PreviousTimer = timer.PreviousTimer;
        if (_slots[slot] is null)
            _occupied[slot >> 6] &= ~(1UL << (slot & 63));
        timer.PreviousTimer = timer.NextTimer = null;
        timer.DueTick = NotArmed;
        Count--;
    }

    /// <summary>Whether <paramref name="timer"/> is armed, and for which tick.</summary>
    public static bool IsArmed(TimedWork timer, out long dueTick)
    {
        ArgumentNullException.ThrowIfNull(timer);
        dueTick = timer.DueTick;
        return dueTick != NotArmed;
    }

    /// <summary>Runs every timer that is due at or before <paramref name="tick"/>.</summary>
    public void Advance(long tick)
    {
        RunDue(tick); // what a callback that threw left behind
        if (tick <= _current)
            return;
        long from = _current + 1;
        // A turn covers every slot; a clock that jumped further still visits each slot once.
        long steps = Math.Min(tick - _current, Slots);
        _current = tick;
        for (long step = 0; step < steps; step++)
        {
            int slot = (int)((from + step) & (Slots - 1));
            if ((_occupied[slot >> 6] & (1UL << (slot & 63))) != 0)
                RunSlot(slot, tick);
        }
    }

    /// <summary>Ticks from <see cref="Current"/> to the next occupied slot; -1 when no timer is armed.</summary>
    /// <remarks>The slot may hold only timers of a later turn; the early wake-up costs one look, at most once a turn
    /// each.</remarks>
    public int TicksToNext()
    {
        if (Count == 0)
            return -1;
        int start = (int)((_current + 1) & (Slots - 1));
        for (int distance = 0; distance < Slots;)
        {
            int slot = (start + distance) & (Slots - 1);
            ulong word = _occupied[slot >> 6] >> (slot & 63);
            if (word != 0)
                return distance + BitOperations.TrailingZeroCount(word) + 1;
            distance += 64 - (slot & 63);
        }
        return Slots;
    }

    private void RunSlot(int slot, long tick)
    {
        // What is due moves to a list of its own first: a callback may arm or disarm any timer, this slot's included,
        // and timers of a later turn are passed over once instead of once per callback.
        for (TimedWork? timer = _slots[slot]; timer is not null;)
        {
            TimedWork? next = timer.NextTimer;
            if (timer.DueTick <= tick)
            {
                Disarm(timer);
                Link(timer, Expired, Due);
            }
            timer = next;
        }
        RunDue(tick);
    }

    private void RunDue(long tick)
    {
        while (_slots[Due] is { } due)
        {
            Disarm(due);
            if (_run is null)
                due.OnTimer(tick);
            else
                _run(due, tick);
        }
    }

    private void Link(TimedWork timer, long dueTick, int slot)
    {
        timer.DueTick = dueTick;
        TimedWork? head = _slots[slot];
        timer.NextTimer = head;
        if (head is not null)
            head.PreviousTimer = timer;
        _slots[slot] = timer;
        _occupied[slot >> 6] |= 1UL << (slot & 63);
        Count++;
    }
}
