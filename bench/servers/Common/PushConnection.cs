namespace PushLab;

/// <summary>What the protocol asks of a connection; how bytes come and go is each server's own.</summary>
/// <remarks>
/// Owner: its receiving path, which also ends it. Concurrency: <see cref="Send"/> from any thread, the rest from the
/// receiving path. Bound: <see cref="SendQueue.MaxBytes"/> of output, one frame of input.
/// </remarks>
internal abstract class PushConnection(Subscribers subscribers)
{
    /// <summary>Sends, or queues behind what is being sent; never waits for the peer.</summary>
    public abstract void Send(byte[] block);

    /// <summary>Handles a run of frames; false if the connection has to end.</summary>
    public bool Handle(FrameKind kind, ReadOnlySpan<byte> run)
    {
        if (kind == FrameKind.Malformed)
            return false;
        // One copy, shared by whoever it is sent to; the collector frees it.
        byte[] block = GC.AllocateUninitializedArray<byte>(run.Length);
        run.CopyTo(block);
        Handle(kind, block);
        return true;
    }

    protected void Handle(FrameKind kind, byte[] block)
    {
        switch (kind)
        {
            case FrameKind.Subscribe:
                subscribers.Add(this);
                Send(block);
                break;
            case FrameKind.Echo:
                Send(block);
                break;
            case FrameKind.Publish:
                subscribers.Publish(block, this);
                break;
        }
    }

    /// <summary>To be called last by the receiving path, so that a subscription cannot come after it.</summary>
    protected void Unsubscribe() => subscribers.Remove(this);
}
