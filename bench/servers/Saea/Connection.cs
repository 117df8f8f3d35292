using System.Net.Sockets;

namespace PushLab;

/// <summary>Receives and sends with SocketAsyncEventArgs.</summary>
internal sealed class Connection : PushConnection
{
    private readonly Socket _socket;
    private readonly SocketAsyncEventArgs _receive = new(unsafeSuppressExecutionContextFlow: true);
    private readonly ReceiveBuffer _input = new();
    private readonly SendQueue _output = new();
    private readonly Deflater? _deflater;

    /// <summary>The system has said that there is something to read, or to end.</summary>
    private bool _readable;

    public Connection(Socket socket, Subscribers subscribers, bool deflates)
        : base(subscribers)
    {
        _socket = socket;
        _deflater = deflates ? new() : null;
        _receive.Completed += static (_, receive) => ((Connection)receive.UserToken!).Received();
        _receive.UserToken = this;
    }

    public void Start()
    {
        _socket.NoDelay = true;
        Receive();
    }

    public override void Send(byte[] block)
    {
        switch (_output.Offer(block))
        {
            case Offered.SendNow:
                SendOperation operation = SendOperation.Rent(this);
                operation.Batch.Add(block);
                operation.UseBatch(_deflater);
                Transmit(operation);
                break;
            case Offered.Refused:
                Close();
                break;
        }
    }

    internal void Sent(SendOperation operation)
    {
        if (Continue(operation))
            Transmit(operation);
    }

    private void Transmit(SendOperation operation)
    {
        try
        {
            while (!_socket.SendAsync(operation))
            {
                if (!Continue(operation))
                    return;
            }
        }
        catch (ObjectDisposedException)
        {
            operation.Return();
        }
    }

    /// <summary>After a completed send, which has sent everything or failed: false if no other follows.</summary>
    private bool Continue(SendOperation operation)
    {
        if (operation.SocketError != SocketError.Success)
            Close();
        else if (_output.TryTake(operation.Batch))
        {
            operation.UseBatch(_deflater);
            return true;
        }
        operation.Return();
        return false;
    }

    private void Received()
    {
        if (Advance())
            Receive();
        else
            End();
    }

    private void Receive()
    {
        try
        {
            do
            {
                bool wait = _input.IsEmpty && !_readable;
                if (wait)
                    _input.Release();
                _receive.SetBuffer(wait ? Memory<byte>.Empty : _input.Free);
                if (_socket.ReceiveAsync(_receive))
                    return;
            }
            while (Advance());
        }
        catch (ObjectDisposedException)
        {
            Close();
        }
        End();
    }

    /// <summary>Uses a completed receive; false if the connection has to end.</summary>
    private bool Advance()
    {
        if (_receive.SocketError != SocketError.Success)
            return false;
        if (_receive.Count == 0)
            return _readable = true;
        // A full buffer says that more may be waiting; otherwise the next zero-byte receive finds out.
        _readable = _receive.BytesTransferred == _receive.Count;
        return _receive.BytesTransferred > 0 && _input.Received(_receive.BytesTransferred, this);
    }

    private void End()
    {
        Unsubscribe();
        Close();
        _input.Release();
        _receive.Dispose();
    }

    /// <summary>From any thread; makes the pending receive end the connection.</summary>
    private void Close()
    {
        _output.Close();
        _socket.Dispose();
    }
}
