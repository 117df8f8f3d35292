using Longwire.Primitives;

namespace Longwire;

/// <summary>One message during a loop's fan-out, with the frames that were made of it on this loop.</summary>
/// <remarks>Owner: a <see cref="HubLoop"/>, which reuses it. Concurrency: that loop. Bound: one frame per
/// encoder.</remarks>
internal sealed class Delivery
{
    private readonly HubLoop _loop;
    private LocalFrame?[] _encoded = new LocalFrame?[4];
    private Frame _payload = null!;

    internal Delivery(HubLoop loop) => _loop = loop;

    internal TopicCursor Cursor { get; private set; } = null!;

    internal long Sequence { get; private set; }

    internal long Except { get; private set; }

    internal void Begin(TopicCursor cursor, in TopicEntry entry)
    {
        Cursor = cursor;
        _payload = entry.Payload;
        Sequence = entry.Sequence;
        Except = entry.Except;
    }

    /// <summary>
    /// This loop's frame for an encoder, made at the first need; null when the pool is at its ceiling.
    /// </summary>
    internal LocalFrame? GetFrame(MessageEncoder encoder)
    {
        if (encoder.Index >= _encoded.Length)
            Array.Resize(ref _encoded, encoder.Index + 4);
        ref LocalFrame? slot = ref _encoded[encoder.Index];
        if (slot is null && encoder.GetFrame(Cursor.Topic, Sequence, _payload) is { } frame)
            slot = _loop.Frames.Take(frame, Cursor, Sequence);
        return slot;
    }

    /// <summary>Gives up the fan-out's own uses and the reference to the payload.</summary>
    internal void End()
    {
        for (int i = 0; i < _encoded.Length; i++)
        {
            _encoded[i]?.Done();
            _encoded[i] = null;
        }
        _payload.Release();
        _payload = null!;
        Cursor = null!;
    }
}
