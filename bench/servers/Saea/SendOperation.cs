using System.Collections.Concurrent;
using System.Net.Sockets;

namespace PushLab;

/// <summary>A pooled send: a connection has one only while it sends.</summary>
/// <remarks>Owner: the pool, or the connection that sends. Bound: connections that send at the same time.</remarks>
internal sealed class SendOperation : SocketAsyncEventArgs
{
    private static readonly ConcurrentQueue<SendOperation> s_pool = new();

    private SendOperation()
        : base(unsafeSuppressExecutionContextFlow: true)
    {
    }

    public List<ArraySegment<byte>> Batch { get; } = [];

    public static SendOperation Rent(Connection connection)
    {
        if (!s_pool.TryDequeue(out SendOperation? operation))
            operation = new();
        operation.UserToken = connection;
        return operation;
    }

    public void UseBatch(Deflater? deflater)
    {
        if (deflater is not null)
        {
            BufferList = null;
            SetBuffer(deflater.Compress(Batch));
        }
        else if (Batch.Count == 1)
        {
            BufferList = null;
            SetBuffer(Batch[0]);
        }
        else
        {
            SetBuffer(null);
            BufferList = Batch;
        }
    }

    /// <summary>Forgets what it sent, so that the pool keeps no block alive.</summary>
    public void Return()
    {
        Batch.Clear();
        BufferList = null;
        SetBuffer(null);
        UserToken = null;
        s_pool.Enqueue(this);
    }

    protected override void OnCompleted(SocketAsyncEventArgs e) => ((Connection)UserToken!).Sent(this);
}
