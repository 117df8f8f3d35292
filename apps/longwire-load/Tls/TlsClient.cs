namespace Longwire.Load.Tls;

/// <summary>One connection's TLS: bytes of the wire in and out, plain bytes out and in. It does no I/O.</summary>
/// <remarks>
/// Owner: its connection. Concurrency: the loop. Bound: what one read of the socket brought and what one frame becomes,
/// in OpenSSL's buffers.
/// </remarks>
internal sealed class TlsClient : IDisposable
{
    private readonly nint _session;
    private readonly nint _input;
    private readonly nint _output;

    internal TlsClient(nint context, nint ticket)
    {
        (_session, _input, _output) = OpenSsl.NewSession(context);
        if (ticket != 0)
            _ = OpenSsl.SSL_set_session(_session, ticket);
    }

    /// <summary>The handshake is done.</summary>
    internal bool IsConnected { get; private set; }

    /// <summary>The handshake resumed an earlier session.</summary>
    internal bool IsResumed => OpenSsl.SSL_session_reused(_session) != 0;

    /// <summary>The peer has said that nothing more comes.</summary>
    internal bool IsEnded { get; private set; }

    /// <summary>Why it failed, in OpenSSL's words; null while it has not.</summary>
    internal string? Failure { get; private set; }

    /// <summary>Bytes for the wire that <see cref="Take"/> has not taken.</summary>
    internal int Pending => OpenSsl.Pending(_output);

    /// <summary>Goes on with the handshake as far as the input reaches.</summary>
    internal void Handshake()
    {
        OpenSsl.ERR_clear_error();
        int result = OpenSsl.SSL_do_handshake(_session);
        IsConnected = result == 1;
        if (!IsConnected)
            Note(result);
    }

    /// <summary>Takes what the wire brought.</summary>
    internal void Put(ReadOnlySpan<byte> bytes) => OpenSsl.Put(_input, bytes);

    /// <summary>Reads plain bytes; 0 when there are no more for now, or for ever.</summary>
    internal int Read(Span<byte> bytes)
    {
        OpenSsl.ERR_clear_error();
        int count = OpenSsl.Read(_session, bytes);
        if (count > 0)
            return count;
        Note(count);
        return 0;
    }

    /// <summary>Encrypts, in records of up to 16 KiB.</summary>
    internal void Write(ReadOnlySpan<byte> bytes)
    {
        OpenSsl.ERR_clear_error();
        int count = OpenSsl.Write(_session, bytes);
        if (count <= 0)
            Note(count);
    }

    /// <summary>Takes bytes for the wire, of which there are that many at least.</summary>
    internal void Take(Span<byte> bytes) => OpenSsl.Take(_output, bytes);

    /// <summary>What a later session can resume; the caller frees it.</summary>
    internal nint TakeTicket() => OpenSsl.SSL_get1_session(_session);

    public void Dispose() => OpenSsl.Free(_session);

    private void Note(int result)
    {
        switch (OpenSsl.SSL_get_error(_session, result))
        {
            case OpenSsl.WantRead:
                break;
            case OpenSsl.Ended:
                IsEnded = true;
                break;
            default:
                Failure ??= OpenSsl.TakeError();
                break;
        }
    }
}
