/* The floor with TLS 1.3 by OpenSSL: limit.c reads and writes through this.
 *
 * The handshake goes by itself with the first reads; it answers what a client sends, so it never waits for room. Reads
 * are made ahead: a record costs one system call, not two. What is queued for a connection leaves in records of up to
 * 16 KiB. Records' buffers are given back while nothing is in them, so an idle connection costs OpenSSL's session alone.
 * Tickets are those of OpenSSL's defaults, two per handshake. */
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>

enum { RECORD = 16 << 10 };

static const char *const name = "limit-tls";
static SSL_CTX *context;
static SSL **sessions; /* by descriptor */
static size_t sessions_capacity;
static unsigned char record[RECORD];

static void tls_fail(const char *what) {
    fprintf(stderr, "limit-tls: %s\n", what);
    ERR_print_errors_fp(stderr);
    exit(1);
}

static void tls_start(int argc, char **argv) {
    const char *certificate = NULL, *key = NULL;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (!strcmp(argv[i], "--certificate")) certificate = argv[i + 1];
        else if (!strcmp(argv[i], "--key")) key = argv[i + 1];
    }
    signal(SIGPIPE, SIG_IGN); /* OpenSSL writes without MSG_NOSIGNAL */
    if (!certificate || !key) tls_fail("--certificate FILE --key FILE are needed");
    context = SSL_CTX_new(TLS_server_method());
    if (!context) tls_fail("context");
    SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE
        | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_read_ahead(context, 1);
    if (SSL_CTX_use_certificate_chain_file(context, certificate) != 1) tls_fail(certificate);
    if (SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1) tls_fail(key);
}

static bool tls_open(int fd) {
    if ((size_t)fd >= sessions_capacity) {
        size_t larger = sessions_capacity ? sessions_capacity * 2 : 1024;
        while (larger <= (size_t)fd) larger *= 2;
        sessions = realloc(sessions, larger * sizeof *sessions);
        if (!sessions) tls_fail("memory");
        sessions_capacity = larger;
    }
    SSL *session = SSL_new(context);
    if (!session || SSL_set_fd(session, fd) != 1) tls_fail("session");
    SSL_set_accept_state(session);
    sessions[fd] = session;
    return true;
}

static void tls_close(int fd) {
    SSL_free(sessions[fd]);
    sessions[fd] = NULL;
}

/* -1 and errno, as from a system call, for a call of OpenSSL that did nothing; 0 for the end of the stream. */
static ssize_t tls_error(SSL *session, int result) {
    switch (SSL_get_error(session, result)) {
        case SSL_ERROR_WANT_READ:
        case SSL_ERROR_WANT_WRITE: errno = EAGAIN; return -1;
        case SSL_ERROR_ZERO_RETURN: return 0;
        default: ERR_clear_error(); errno = EPROTO; return -1;
    }
}

/* Reads until the parts are full or the socket is empty, which limit.c tells apart by the size. */
static ssize_t read_some(int fd, struct iovec *parts, int count) {
    SSL *session = sessions[fd];
    size_t total = 0, filled = 0;
    while (count) {
        if (filled == parts->iov_len) {
            parts++;
            count--;
            filled = 0;
            continue;
        }
        int got = SSL_read(session, (unsigned char *)parts->iov_base + filled, (int)(parts->iov_len - filled));
        if (got <= 0) {
            ssize_t error = tls_error(session, got);
            return total ? (ssize_t)total : error;
        }
        filled += (size_t)got;
        total += (size_t)got;
    }
    return (ssize_t)total;
}

/* Joins small parts to records. After a record that did not fit, limit.c offers the same bytes and perhaps more. */
static ssize_t write_some(int fd, struct iovec *parts, size_t count, size_t size) {
    SSL *session = sessions[fd];
    size_t total = 0, taken = 0; /* of the first part */
    while (total < size) {
        const unsigned char *from = (unsigned char *)parts->iov_base + taken;
        size_t length = parts->iov_len - taken;
        if (length > RECORD) length = RECORD;
        if (length < RECORD && count > 1) {
            memcpy(record, from, length);
            for (size_t i = 1; i < count && length < RECORD; i++) {
                size_t more = parts[i].iov_len < RECORD - length ? parts[i].iov_len : RECORD - length;
                memcpy(record + length, parts[i].iov_base, more);
                length += more;
            }
            from = record;
        }
        int sent = SSL_write(session, from, (int)length);
        if (sent <= 0) {
            ssize_t error = tls_error(session, sent);
            return total ? (ssize_t)total : error == 0 ? (errno = EPIPE, -1) : error;
        }
        total += (size_t)sent;
        for (taken += (size_t)sent; count && taken >= parts->iov_len; count--) taken -= parts++->iov_len;
    }
    return (ssize_t)total;
}
