using System.Net.Sockets;

namespace PushLab;

/// <summary>Receives and sends with Begin and End.</summary>
internal sealed class Connection(Socket socket, Subscribers subscribers) : PushConnection(subscribers)
{
    private static readonly AsyncCallback s_received = static receive =>
    {
        if (!receive.CompletedSynchronously)
            ((Connection)receive.AsyncState!).Received(receive);
    };

    private static readonly AsyncCallback s_sent = static send =>
    {
        if (!send.CompletedSynchronously)
            ((Connection)send.AsyncState!).Sent(send);
    };

    /// <summary>Kept while idle, therefore smaller; grows with the first frame that needs more.</summary>
    private readonly ReceiveBuffer _input = new(usualBytes: 8 << 10);

    private readonly SendQueue _output = new();

    /// <summary>Used by the sender only.</summary>
    private readonly List<ArraySegment<byte>> _batch = [];

    public void Start()
    {
        socket.NoDelay = true;
        Receive();
    }

    public override void Send(byte[] block)
    {
        switch (_output.Offer(block))
        {
            case Offered.SendNow:
                _batch.Add(block);
                Transmit();
                break;
            case Offered.Refused:
                Close();
                break;
        }
    }

    private void Receive()
    {
        IAsyncResult receive;
        do
        {
            if (!TryBeginReceive(out receive))
            {
                End();
                return;
            }
            if (!receive.CompletedSynchronously)
                return;
        }
        while (Advance(receive));
        End();
    }

    private void Received(IAsyncResult receive)
    {
        if (Advance(receive))
            Receive();
        else
            End();
    }

    private bool TryBeginReceive(out IAsyncResult receive)
    {
        ArraySegment<byte> free = _input.Free;
        try
        {
            receive = socket.BeginReceive(free.Array!, free.Offset, free.Count, SocketFlags.None, s_received, this);
            return true;
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            receive = null!;
            return false;
        }
    }

    /// <summary>Uses a completed receive; false if the connection has to end.</summary>
    private bool Advance(IAsyncResult receive)
    {
        try
        {
            int count = socket.EndReceive(receive, out SocketError error);
            return error == SocketError.Success && count > 0 && _input.Received(count, this);
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }

    private void Transmit()
    {
        try
        {
            IAsyncResult send;
            do
            {
                send = _batch.Count == 1
                    ? socket.BeginSend(_batch[0].Array!, 0, _batch[0].Count, SocketFlags.None, s_sent, this)
                    : socket.BeginSend(_batch, SocketFlags.None, s_sent, this);
            }
            while (send.CompletedSynchronously && Complete(send));
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            Close();
        }
    }

    private void Sent(IAsyncResult send)
    {
        if (Complete(send))
            Transmit();
    }

    /// <summary>A send has ended: all is sent, or it failed. False if no other follows.</summary>
    private bool Complete(IAsyncResult send)
    {
        try
        {
            socket.EndSend(send, out SocketError error);
            if (error == SocketError.Success)
                return _output.TryTake(_batch);
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
        Close();
        return false;
    }

    private void End()
    {
        Unsubscribe();
        Close();
        _input.Release();
    }

    /// <summary>From any thread; makes the pending receive end the connection.</summary>
    private void Close()
    {
        _output.Close();
        socket.Dispose();
    }
}
