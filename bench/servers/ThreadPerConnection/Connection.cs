using System.Net.Sockets;

namespace PushLab;

/// <summary>Reads on its own thread; writes on the one that sends, or on a second while the peer is behind.</summary>
internal sealed class Connection(Socket socket, Subscribers subscribers) : PushConnection(subscribers)
{
    /// <summary>Reserved, not resident: what a thread touches of it is about 20 KiB.</summary>
    private const int StackBytes = 128 << 10;

    private readonly ReceiveBuffer _input = new();
    private readonly SendQueue _output = new();

    /// <summary>Used by the sender only.</summary>
    private readonly List<ArraySegment<byte>> _batch = [];

    public void Start()
    {
        socket.NoDelay = true;
        socket.Blocking = false;
        new Thread(Read, StackBytes) { IsBackground = true }.Start();
    }

    public override void Send(byte[] block)
    {
        switch (_output.Offer(block))
        {
            case Offered.SendNow:
                SendNow(block);
                break;
            case Offered.Refused:
                Close();
                break;
        }
    }

    private void Read()
    {
        while (true)
        {
            socket.Poll(Timeout.Infinite, SelectMode.SelectRead);
            int count = socket.Receive(_input.Free, SocketFlags.None, out SocketError error);
            if (error == SocketError.WouldBlock)
                continue;
            if (error != SocketError.Success || count == 0 || !_input.Received(count, this))
                break;
            if (_input.IsEmpty)
                _input.Release();
        }
        Unsubscribe();
        _input.Release();
        Close();
        socket.Dispose();
    }

    private void SendNow(byte[] block)
    {
        _batch.Add(block);
        if (!Transmit())
            new Thread(Write, StackBytes) { IsBackground = true }.Start();
    }

    /// <summary>The second thread: waits for the peer, and ends once there is nothing left to send.</summary>
    private void Write()
    {
        try
        {
            do
                socket.Poll(Timeout.Infinite, SelectMode.SelectWrite);
            while (!Transmit());
        }
        catch (ObjectDisposedException)
        {
            _output.Close();
        }
    }

    /// <summary>Sends until nothing is left or the connection failed; false if the system is full for now.</summary>
    private bool Transmit()
    {
        try
        {
            do
            {
                while (_batch.Count > 0)
                {
                    SocketError error;
                    int sent = _batch.Count == 1
                        ? socket.Send(_batch[0], SocketFlags.None, out error)
                        : socket.Send(_batch, SocketFlags.None, out error);
                    if (error is not (SocketError.Success or SocketError.WouldBlock))
                    {
                        Close();
                        return true;
                    }
                    Remove(sent);
                    if (sent == 0)
                        return false;
                }
            }
            while (_output.TryTake(_batch));
        }
        catch (ObjectDisposedException)
        {
            _output.Close();
        }
        return true;
    }

    private void Remove(int sent)
    {
        int whole = 0;
        while (whole < _batch.Count && _batch[whole].Count <= sent)
            sent -= _batch[whole++].Count;
        _batch.RemoveRange(0, whole);
        if (sent > 0)
            _batch[0] = _batch[0][sent..];
    }

    /// <summary>From any thread; makes the reading thread end, which then disposes of the socket.</summary>
    private void Close()
    {
        _output.Close();
        try
        {
            socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            return;
        }
    }
}
