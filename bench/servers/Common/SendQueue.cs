namespace PushLab;

internal enum Offered
{
    /// <summary>The caller is the sender: of the block, then of what <see cref="SendQueue.TryTake"/> gives.</summary>
    SendNow,

    /// <summary>Whoever is sending will send it.</summary>
    Queued,

    /// <summary>The peer is too far behind; or the queue is closed.</summary>
    Refused,
}

/// <summary>What a connection still has to send, and whether somebody is sending.</summary>
/// <remarks>
/// Owner: a connection. Concurrency: any thread offers, only the sender takes. Bound: <see cref="MaxBytes"/>; a block
/// beyond it is refused, and the connection ends. Blocks are shared, so a slow peer costs references, not copies.
/// </remarks>
internal sealed class SendQueue
{
    public const int MaxBytes = 16 << 20;

    /// <summary>Well below the 1,024 parts that one system call may gather.</summary>
    private const int MaxBatch = 256;

    private Queue<byte[]>? _blocks;
    private int _bytes;
    private bool _sending;
    private bool _closed;

    public Offered Offer(byte[] block)
    {
        lock (this)
        {
            if (_closed || _bytes > MaxBytes)
                return Offered.Refused;
            if (!_sending)
            {
                _sending = true;
                return Offered.SendNow;
            }
            (_blocks ??= new()).Enqueue(block);
            _bytes += block.Length;
            return Offered.Queued;
        }
    }

    /// <summary>Replaces the batch by what comes next; if it is nothing, the caller is the sender no longer.</summary>
    public bool TryTake(List<ArraySegment<byte>> batch)
    {
        batch.Clear();
        lock (this)
        {
            while (batch.Count < MaxBatch && _blocks is not null && _blocks.TryDequeue(out byte[]? block))
            {
                batch.Add(block);
                _bytes -= block.Length;
            }
            _sending = batch.Count > 0;
            return _sending;
        }
    }

    /// <summary>Drops what is queued and refuses more; true while somebody is sending.</summary>
    public bool Close()
    {
        lock (this)
        {
            _closed = true;
            _blocks = null;
            return _sending;
        }
    }
}
