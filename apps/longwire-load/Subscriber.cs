namespace Longwire.Load;

/// <summary>Subscribes to the broadcast and checks that every message arrives, in order and as it was sent.</summary>
/// <remarks>Owner, concurrency, bound: see <see cref="LoadConnection"/>.</remarks>
internal sealed class Subscriber(LoadLoop owner, Broadcast broadcast, Tally tally) : LoadConnection(owner)
{
    /// <summary>The last message seen.</summary>
    internal long LastSequence { get; private set; }

    /// <summary>
    /// True for one that pauses: the server may conflate what it does not read, so losses are counted apart.
    /// </summary>
    internal bool IsStalling { get; init; }

    /// <summary>Messages that were not seen although later ones were.</summary>
    internal long Skipped { get; private set; }

    protected override void OnConnected()
    {
        Longwire.Primitives.Frame subscribe = RentFrame(1, out Span<byte> payload);
        payload[0] = (byte)'S';
        Send(subscribe);
    }

    protected override void OnMessage(ReadOnlySpan<byte> payload)
    {
        if (payload.Length == 1 && payload[0] == (byte)'S')
        {
            Settle();
            return;
        }
        if (!PushMessage.TryRead(payload, out long sequence, out long due))
        {
            tally.Damaged();
            return;
        }
        if (sequence <= LastSequence)
        {
            tally.Disordered();
            return;
        }
        long skipped = sequence - LastSequence - 1;
        LastSequence = sequence;
        tally.Delivered();
        Skipped += skipped;
        if (IsStalling)
            return;
        if (skipped > 0)
            tally.Missed(skipped);
        tally.RecordLatency(due);
        broadcast.OnDelivered(sequence);
    }

    /// <summary>
    /// An end that nobody asked for is reported by the scenario, which looks at <see cref="LoadConnection.Ending"/>.
    /// </summary>
    protected override void OnEnded() => broadcast.OnEnded(this);
}
