namespace Longwire.Load.Tls;

/// <summary>What the clients of a process share under TLS: OpenSSL's context, and the ticket to resume by.</summary>
/// <remarks>
/// OpenSSL and not <see cref="System.Net.Security.SslStream"/>: it is cheaper, so that two cores hold both ends,
/// and it is not what the server under test uses, so that neither can hide the other's mistakes.
/// Owner: the loop. Concurrency: the loop. Bound: one ticket.
/// </remarks>
internal sealed class TlsContext(bool resumes) : IDisposable
{
    private readonly nint _context = OpenSsl.NewContext();
    private nint _ticket;

    internal TlsClient NewClient() => new(_context, _ticket);

    /// <summary>The server has answered its first request: tickets are in before that.</summary>
    internal void OnGreeted(TlsClient client)
    {
        if (!resumes)
            return;
        if (_ticket != 0)
            OpenSsl.SSL_SESSION_free(_ticket);
        _ticket = client.TakeTicket();
    }

    public void Dispose()
    {
        if (_ticket != 0)
            OpenSsl.SSL_SESSION_free(_ticket);
        OpenSsl.SSL_CTX_free(_context);
    }
}
