using Longwire.Primitives;

namespace Longwire;

/// <summary>
/// One message during a loop's fan-out, or a batch of small ones that goes out as one, with the frames that were made
/// of it on this loop.
/// </summary>
/// <remarks>Owner: a <see cref="HubLoop"/>, which reuses it. Concurrency: that loop. Bound: one frame per
/// encoder.</remarks>
internal sealed class Delivery
{
    /// <summary>Messages that are longer together are not joined: a copy would cost more than it saves.</summary>
    internal const int LongestJoined = 4096;

    private readonly HubLoop _loop;
    private Encoded[] _encoded = new Encoded[4];
    private Frame? _payload;
    private Delivery[] _parts = [];
    private int _partCount;

    internal Delivery(HubLoop loop) => _loop = loop;

    internal TopicCursor Cursor { get; private set; } = null!;

    internal long Sequence { get; private set; }

    internal long Except { get; private set; }

    internal int PayloadBytes => _payload!.Length;

    /// <summary>The messages of a batch, one by one; empty when this is one message.</summary>
    internal ReadOnlySpan<Delivery> Parts => _parts.AsSpan(0, _partCount);

    internal void Begin(TopicCursor cursor, in TopicEntry entry)
    {
        Cursor = cursor;
        _payload = entry.Payload;
        Sequence = entry.Sequence;
        Except = entry.Except;
    }

    internal void BeginBatch(Delivery[] parts, int count)
    {
        Cursor = parts[0].Cursor;
        Sequence = parts[count - 1].Sequence;
        Except = parts[0].Except;
        _parts = parts;
        _partCount = count;
    }

    /// <summary>
    /// This loop's frame for an encoder, made at the first need, once; null when the pool is at its ceiling, the
    /// encoder failed, or the messages of a batch are too long to be joined.
    /// </summary>
    internal LocalFrame? GetFrame(MessageEncoder encoder)
    {
        if (encoder.Index >= _encoded.Length)
            Array.Resize(ref _encoded, encoder.Index + 4);
        ref Encoded encoded = ref _encoded[encoder.Index];
        if (encoded.IsTried)
            return encoded.Frame;
        encoded.IsTried = true;
        if (_partCount > 0)
            encoded.Frame = Join(encoder);
        else if (encoder.GetFrame(Cursor.Topic, Sequence, _payload!) is { } frame)
            encoded.Frame = _loop.Frames.Take(frame, Cursor, Sequence);
        return encoded.Frame;
    }

    /// <summary>Gives up the fan-out's own uses and the reference to the payload.</summary>
    internal void End()
    {
        foreach (Encoded encoded in _encoded)
            encoded.Frame?.Done();
        Array.Clear(_encoded);
        _payload?.Release();
        _payload = null;
        _partCount = 0;
        Cursor = null!;
    }

    /// <summary>
    /// Every subscriber gets the same frames in the same order: they are copied together once for all.
    /// </summary>
    private LocalFrame? Join(MessageEncoder encoder)
    {
        int length = 0;
        foreach (Delivery part in Parts)
        {
            if (part.GetFrame(encoder) is not { } frame)
                return null;
            length += frame.Length;
        }
        if (length > LongestJoined || !_loop.Hub.Pool.TryRentFrame(length, out Frame? whole))
            return null;
        LocalFrame joined = _loop.Frames.Take(whole, Cursor, Sequence);
        foreach (Delivery part in Parts)
            joined.Join(part.GetFrame(encoder)!);
        return joined;
    }

    private struct Encoded
    {
        internal bool IsTried;
        internal LocalFrame? Frame;
    }
}
