namespace Longwire.Primitives;

/// <summary>Many producers, one loop: an intrusive lock-free stack that the loop takes whole and turns round.</summary>
/// <remarks>
/// Owner: a loop. Concurrency: <see cref="Post"/> from any thread; the rest on the loop. Bound: one entry per work
/// object, whatever producers do. Taking the whole list at once leaves no ABA problem.
/// </remarks>
public abstract class Inbox
{
    private LoopWork? _head;
    private int _parked;

    /// <summary>Asks the loop to run <paramref name="work"/>; false when that is pending already.</summary>
    public bool Post(LoopWork work)
    {
        ArgumentNullException.ThrowIfNull(work);
        // A full fence: what the caller wrote before is visible to the run that clears the flag (partner: TakeAll).
        if (Interlocked.Exchange(ref work.Posted, 1) != 0)
            return false;
        Interleaving.Point();
        LoopWork? head = Volatile.Read(ref _head);
        while (true)
        {
            work.NextWork = head;
            LoopWork? seen = Interlocked.CompareExchange(ref _head, work, head);
            if (seen == head)
                break;
            head = seen;
        }
        Interleaving.Point();
        // The exchange above is a full fence between "enqueued" and "read parked" (partner: the fence in TryPark).
        if (Volatile.Read(ref _parked) != 0)
            OnPostedWhileParked();
        return true;
    }

    /// <summary>True when nothing is waiting.</summary>
    public bool IsEmpty => Volatile.Read(ref _head) is null;

    /// <summary>True while the loop waits for the operating system and has to be woken for a post.</summary>
    public bool IsParked => Volatile.Read(ref _parked) != 0;

    /// <summary>Announces that the loop will wait. False: something arrived, do not wait.</summary>
    protected bool TryPark()
    {
        Volatile.Write(ref _parked, 1);
        // Between "parked" and "is the inbox empty" (partner: the exchange in Post): without it both sides could miss
        // each other, and the post would wait for the next timer.
        Interlocked.MemoryBarrier();
        Interleaving.Point();
        if (IsEmpty)
            return true;
        Volatile.Write(ref _parked, 0);
        return false;
    }

    /// <summary>The loop is awake.</summary>
    protected void Unpark() => Volatile.Write(ref _parked, 0);

    /// <summary>Claims the wake-up of a parked loop; only one claimer gets true.</summary>
    protected bool ClaimWake() => Interlocked.Exchange(ref _parked, 0) != 0;

    /// <summary>
    /// Runs what was posted, in order; returns how many. What is posted meanwhile waits for the next call.
    /// </summary>
    protected int RunPosted()
    {
        LoopWork? work = Reverse(Interlocked.Exchange(ref _head, null));
        int ran = 0;
        while (work is not null)
        {
            LoopWork? next = work.NextWork;
            work.NextWork = null;
            // Cleared before the run and with a full fence (partner: the exchange in Post).
            Interlocked.Exchange(ref work.Posted, 0);
            Interleaving.Point();
            Execute(work);
            ran++;
            work = next;
        }
        return ran;
    }

    /// <summary>Runs one piece of work. A throw loses all work behind it, so whoever can go on catches here.</summary>
    protected virtual void Execute(LoopWork work)
    {
        ArgumentNullException.ThrowIfNull(work);
        work.Run();
    }

    /// <summary>A post found the loop parked: wake it, now or at the end of the poster's own tick.</summary>
    protected abstract void OnPostedWhileParked();

    private static LoopWork? Reverse(LoopWork? head)
    {
        LoopWork? reversed = null;
        while (head is not null)
        {
            LoopWork? next = head.NextWork;
            head.NextWork = reversed;
            reversed = head;
            head = next;
        }
        return reversed;
    }
}
