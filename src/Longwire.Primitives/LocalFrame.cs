namespace Longwire.Primitives;

/// <summary>One loop's use of a frame: a plain count of its outbox entries over one reference to the frame.</summary>
/// <remarks>
/// Owner: the loop that made it, through its <see cref="LocalFramePool"/>. Concurrency: that loop. Bound: one per
/// message, or batch of messages, encoding and loop.
/// </remarks>
internal sealed class LocalFrame
{
    internal Frame Frame = null!;
    internal object? Source;
    internal long Sequence;
    internal LocalFrame? NextFree;
    private readonly LocalFramePool _pool;
    private LocalFrame? _last; // of a joined frame: its last message alone
    private int _uses;

    internal LocalFrame(LocalFramePool pool) => _pool = pool;

    internal int Length => Frame.Length;

    /// <summary>Messages in the frame: several when it was joined from frames of one topic.</summary>
    internal int Messages { get; private set; }

    /// <summary>The frame of the newest message alone.</summary>
    internal LocalFrame Latest => _last ?? this;

    internal void Use() => _uses++;

    internal void Done()
    {
        if (--_uses != 0)
            return;
        Frame.Release();
        Frame = null!;
        Source = null;
        _last?.Done();
        _last = null;
        _pool.TakeBack(this);
    }

    internal void Begin(Frame frame, object? source, long sequence)
    {
        Frame = frame;
        Source = source;
        Sequence = sequence;
        Messages = 1;
        _uses = 1;
    }

    internal void BeginJoined(LocalFrame last, int messages)
    {
        last.Use();
        _last = last;
        Messages = messages;
    }
}

/// <summary>Recycles a loop's <see cref="LocalFrame"/>s; bounded by the most that were in use at one time.</summary>
internal sealed class LocalFramePool
{
    private LocalFrame? _free;

    /// <summary>Local frames in use; 0 when a loop has ended without a leak.</summary>
    internal int InUse { get; private set; }

    /// <summary>
    /// Takes over the caller's reference to <paramref name="frame"/>; the result has one use, the caller's.
    /// </summary>
    internal LocalFrame Take(Frame frame, object? source, long sequence)
    {
        LocalFrame local = _free ?? new LocalFrame(this);
        _free = local.NextFree;
        local.NextFree = null;
        local.Begin(frame, source, sequence);
        InUse++;
        return local;
    }

    /// <summary>The same for a frame that holds several messages of a topic, the last of which is also alone.</summary>
    internal LocalFrame TakeJoined(Frame frame, LocalFrame last, int messages)
    {
        LocalFrame local = Take(frame, last.Source, last.Sequence);
        local.BeginJoined(last, messages);
        return local;
    }

    internal void TakeBack(LocalFrame local)
    {
        local.NextFree = _free;
        _free = local;
        InUse--;
    }
}
