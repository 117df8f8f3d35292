using System.Runtime.InteropServices;

namespace Longwire.Load.Tls;

/// <summary>The part of OpenSSL 3 that a client over memory buffers needs; see its manual, section 3.</summary>
internal static partial class OpenSsl
{
    internal const int WantRead = 2; // SSL_ERROR_WANT_READ
    internal const int Ended = 6; // SSL_ERROR_ZERO_RETURN: the peer's close_notify
    internal const int Tls13 = 0x304;

    private const string Ssl = "libssl.so.3";
    private const string Crypto = "libcrypto.so.3";
    private const int SetMode = 33; // SSL_CTRL_MODE
    private const int ReleaseBuffers = 0x10; // SSL_MODE_RELEASE_BUFFERS
    private const int SetMinVersion = 123; // SSL_CTRL_SET_MIN_PROTO_VERSION
    private const int BothShutdowns = 3; // SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN
    private const int PendingBytes = 10; // BIO_CTRL_PENDING

    /// <summary>A context for clients that speak TLS 1.3 and accept any certificate.</summary>
    /// <exception cref="InvalidOperationException">There is no OpenSSL 3 on this system.</exception>
    internal static nint NewContext()
    {
        try
        {
            nint context = SSL_CTX_new(TLS_client_method());
            _ = SSL_CTX_ctrl(context, SetMinVersion, Tls13, 0);
            _ = SSL_CTX_ctrl(context, SetMode, ReleaseBuffers, 0); // OpenSSL's default is not to verify
            return context;
        }
        catch (DllNotFoundException exception)
        {
            throw new InvalidOperationException($"--tls needs OpenSSL 3 ({Ssl}).", exception);
        }
    }

    /// <summary>A client's session over two memory buffers, which it owns.</summary>
    internal static (nint Session, nint Input, nint Output) NewSession(nint context)
    {
        nint session = SSL_new(context);
        nint input = BIO_new(BIO_s_mem());
        nint output = BIO_new(BIO_s_mem());
        SSL_set_bio(session, input, output);
        SSL_set_connect_state(session);
        return (session, input, output);
    }

    /// <summary>Frees it; without the note that all is well its ticket could not be used again.</summary>
    internal static void Free(nint session)
    {
        SSL_set_shutdown(session, BothShutdowns);
        SSL_free(session);
    }

    /// <summary>Bytes in a memory buffer.</summary>
    internal static int Pending(nint buffer) => (int)BIO_ctrl(buffer, PendingBytes, 0, 0);

    internal static void Put(nint buffer, ReadOnlySpan<byte> bytes) => _ = BIO_write(buffer, bytes, bytes.Length);

    internal static void Take(nint buffer, Span<byte> bytes) => _ = BIO_read(buffer, bytes, bytes.Length);

    [LibraryImport(Ssl)]
    internal static partial int SSL_do_handshake(nint session);

    internal static int Read(nint session, Span<byte> bytes) => SSL_read(session, bytes, bytes.Length);

    internal static int Write(nint session, ReadOnlySpan<byte> bytes) => SSL_write(session, bytes, bytes.Length);

    /// <summary>What the result of the call before means.</summary>
    [LibraryImport(Ssl)]
    internal static partial int SSL_get_error(nint session, int result);

    [LibraryImport(Ssl)]
    internal static partial int SSL_session_reused(nint session);

    /// <summary>What the next session can resume; the caller's to free.</summary>
    [LibraryImport(Ssl)]
    internal static partial nint SSL_get1_session(nint session);

    [LibraryImport(Ssl)]
    internal static partial int SSL_set_session(nint session, nint resumed);

    [LibraryImport(Ssl)]
    internal static partial void SSL_SESSION_free(nint resumed);

    [LibraryImport(Ssl)]
    internal static partial void SSL_CTX_free(nint context);

    /// <summary>Clears the thread's errors, of which an old one would be taken for that of the next call.</summary>
    [LibraryImport(Crypto)]
    internal static partial void ERR_clear_error();

    /// <summary>The last error, as a name that the manual knows.</summary>
    internal static string TakeError()
    {
        string text = Marshal.PtrToStringUTF8(ERR_reason_error_string(ERR_peek_last_error())) ?? "no reason";
        ERR_clear_error();
        return text;
    }

    [LibraryImport(Ssl)]
    private static partial nint TLS_client_method();

    [LibraryImport(Ssl)]
    private static partial nint SSL_CTX_new(nint method);

    [LibraryImport(Ssl)]
    private static partial long SSL_CTX_ctrl(nint context, int command, long value, nint pointer);

    [LibraryImport(Ssl)]
    private static partial nint SSL_new(nint context);

    [LibraryImport(Ssl)]
    private static partial void SSL_set_bio(nint session, nint input, nint output);

    [LibraryImport(Ssl)]
    private static partial void SSL_set_connect_state(nint session);

    [LibraryImport(Ssl)]
    private static partial void SSL_set_shutdown(nint session, int mode);

    [LibraryImport(Ssl)]
    private static partial void SSL_free(nint session);

    [LibraryImport(Ssl)]
    private static partial int SSL_read(nint session, Span<byte> bytes, int count);

    [LibraryImport(Ssl)]
    private static partial int SSL_write(nint session, ReadOnlySpan<byte> bytes, int count);

    [LibraryImport(Crypto)]
    private static partial nint BIO_s_mem();

    [LibraryImport(Crypto)]
    private static partial nint BIO_new(nint kind);

    [LibraryImport(Crypto)]
    private static partial long BIO_ctrl(nint buffer, int command, long value, nint pointer);

    [LibraryImport(Crypto)]
    private static partial int BIO_write(nint buffer, ReadOnlySpan<byte> bytes, int count);

    [LibraryImport(Crypto)]
    private static partial int BIO_read(nint buffer, Span<byte> bytes, int count);

    [LibraryImport(Crypto)]
    private static partial ulong ERR_peek_last_error();

    [LibraryImport(Crypto)]
    private static partial nint ERR_reason_error_string(ulong error);
}
