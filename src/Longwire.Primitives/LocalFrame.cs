using System.Runtime.CompilerServices;

namespace Longwire.Primitives;

/// <summary>One loop's use of a frame: a plain count of its outbox entries over one reference to the frame.</summary>
/// <remarks>
/// Owner: the loop that made it, through its <see cref="LocalFramePool"/>. Concurrency: that loop. Bound: one per
/// message, or batch of messages, encoding and loop.
/// </remarks>
internal sealed class LocalFrame
{
    /// <summary>Messages that can be joined in one frame, of at most 64 KiB.</summary>
    internal const int MostJoined = 32;

    internal Frame Frame = null!;
    internal object? Source;
    internal long Sequence;
    internal LocalFrame? NextFree;
    private readonly LocalFramePool _pool;
    private LocalFrame? _last; // of a joined frame: its last message alone
    private Ends _ends; // of a joined frame's messages
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

    /// <summary>Copies one message more behind those that are in the frame already.</summary>
    internal void Join(LocalFrame next)
    {
        int from = _last is null ? 0 : _ends[Messages - 1];
        Messages = _last is null ? 1 : Messages + 1;
        next.Frame.Span.CopyTo(Frame.Span[from..]);
        _ends[Messages - 1] = checked((ushort)(from + next.Length));
        next.Use();
        _last?.Done();
        _last = next;
    }

    /// <summary>Messages of which something is left when <paramref name="sent"/> bytes are gone.</summary>
    internal int MessagesAfter(int sent)
    {
        if (_last is null)
            return 1;
        int left = Messages;
        while (left > 0 && _ends[Messages - left] <= sent)
            left--;
        return left;
    }

    [InlineArray(MostJoined)]
    private struct Ends
    {
        private ushort _first;
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

    internal void TakeBack(LocalFrame local)
    {
        local.NextFree = _free;
        _free = local;
        InUse--;
    }
}
