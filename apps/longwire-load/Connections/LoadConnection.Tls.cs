using Longwire.Load.Tls;
using Longwire.Primitives;
using Longwire.Transport;

namespace Longwire.Load.Connections;

/// <summary>TLS between the frames and the wire; the greeting waits for the handshake.</summary>
internal partial class LoadConnection
{
    /// <summary>More than one read brings or one record holds; a frame of more becomes several.</summary>
    private const int MostAtOnce = 64 << 10;

    private TlsClient? _tls;

    /// <summary>Its handshake resumed an earlier session.</summary>
    protected bool IsResumed => _tls is { IsResumed: true };

    private void BeginTls(TlsContext tls)
    {
        _tls = tls.NewClient();
        Handshake();
    }

    private void Handshake()
    {
        _tls!.Handshake();
        SendRecords();
        if (Ending == Ending.None && _tls is { IsConnected: true })
            Greet();
    }

    private void Encrypt(Frame frame)
    {
        _tls!.Write(frame.Span);
        frame.Release();
        SendRecords();
    }

    /// <summary>Takes ciphertext from the start of the loop's buffer, whose place plain bytes then use.</summary>
    private void Decrypt(Span<byte> buffer, int bytes)
    {
        _tls!.Put(buffer[..bytes]);
        if (!_tls.IsConnected)
            Handshake();
        while (_tls is { IsConnected: true } tls && tls.Read(buffer) is > 0 and var count)
            Receive(buffer[..count]);
        SendRecords(); // an answer to what was for TLS itself
        if (_tls is { IsEnded: true })
            End(_replies.IsMidReply ? Ending.Error : Ending.Fin);
    }

    /// <summary>Sends what TLS has for the wire, and ends a connection whose TLS has failed.</summary>
    private void SendRecords()
    {
        while (_tls is { Pending: > 0 and var pending })
        {
            Frame frame = _owner.RentFrame(Math.Min(pending, MostAtOnce));
            _tls.Take(frame.Span);
            Enqueue(frame);
        }
        if (_tls?.Failure is { } failure)
        {
            _owner.NoteComplaint(failure);
            End(Ending.Error, TransportError.Other);
        }
    }
}
