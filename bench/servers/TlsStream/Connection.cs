using System.Buffers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace PushLab;

/// <summary>Whoever sends first writes for all that queue behind.</summary>
/// <remarks>
/// Others close the socket only: <see cref="SslStream"/> must not be disposed beneath a read or a write (buffers of the
/// pool that other connections used meanwhile came out of it with other bytes). It is disposed once, after both.
/// </remarks>
internal sealed class Connection : PushConnection
{
    /// <summary>What one record holds, so that one write is one record.</summary>
    private const int RecordBytes = 16 << 10;

    private readonly Socket _socket;
    private readonly SslStream _stream;
    private readonly ReceiveBuffer _input = new(2 * RecordBytes);
    private readonly SendQueue _output = new();

    /// <summary>Written before the queue is closed, whose lock orders it for the sender that leaves last.</summary>
    private TaskCompletionSource? _ended;

    public Connection(Socket socket, Subscribers subscribers)
        : base(subscribers)
    {
        socket.NoDelay = true;
        _socket = socket;
        _stream = new SslStream(new NetworkStream(socket));
    }

    public async Task RunAsync(SslServerAuthenticationOptions options)
    {
        try
        {
            await _stream.AuthenticateAsServerAsync(options);
            await ReceiveAsync();
        }
        catch (Exception gone) when (IsEnd(gone))
        {
            return;
        }
        finally
        {
            Unsubscribe();
            _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
            bool sending = _output.Close();
            _socket.Dispose();
            if (sending)
                await _ended.Task;
            await _stream.DisposeAsync();
            _input.Release();
        }
    }

    public override void Send(byte[] block)
    {
        switch (_output.Offer(block))
        {
            case Offered.SendNow:
                _ = TransmitAsync(block); // it catches what concerns it alone
                break;
            case Offered.Refused:
                Close();
                break;
        }
    }

    private static bool IsEnd(Exception exception) => exception
        is IOException or ObjectDisposedException or AuthenticationException or InvalidOperationException;

    private async Task ReceiveAsync()
    {
        bool readable = false;
        while (true)
        {
            bool wait = _input.IsEmpty && !readable;
            if (wait)
                _input.Release();
            int count = await _stream.ReadAsync(wait ? Memory<byte>.Empty : _input.Free);
            readable = wait;
            if (!wait && (count == 0 || !_input.Received(count, this)))
                return;
        }
    }

    private async Task TransmitAsync(byte[] first)
    {
        List<ArraySegment<byte>> batch = [first];
        byte[]? record = null;
        try
        {
            do
            {
                if (batch.Count == 1)
                {
                    await _stream.WriteAsync(batch[0]);
                    continue;
                }
                record ??= ArrayPool<byte>.Shared.Rent(RecordBytes);
                await WriteJoinedAsync(batch, record);
            }
            while (_output.TryTake(batch));
        }
        catch (Exception gone) when (IsEnd(gone))
        {
            Close();
            _output.TryTake(batch); // nothing, and so this is the sender no longer
        }
        finally
        {
            _ended?.TrySetResult();
            if (record is not null)
                ArrayPool<byte>.Shared.Return(record);
        }
    }

    private async Task WriteJoinedAsync(List<ArraySegment<byte>> batch, byte[] record)
    {
        int count = 0;
        foreach (ArraySegment<byte> block in batch)
        {
            if (count + block.Count > RecordBytes && count > 0)
            {
                await _stream.WriteAsync(record.AsMemory(0, count));
                count = 0;
            }
            if (block.Count > RecordBytes)
            {
                await _stream.WriteAsync(block);
                continue;
            }
            block.CopyTo(record, count);
            count += block.Count;
        }
        if (count > 0)
            await _stream.WriteAsync(record.AsMemory(0, count));
    }

    /// <summary>From any thread; makes the pending read end the connection.</summary>
    private void Close()
    {
        _output.Close();
        _socket.Dispose();
    }
}
