/* The floor: what one thread, epoll and C need for the PushLab protocol (see samples/PushLab/Program.cs). Compiled with
 * -DTLS it is limit-tls (tls.h).
 *
 * What makes it the floor:
 *  - one registration per connection, edge-triggered for both directions: no epoll_ctl in steady state;
 *  - one receive buffer for all; a connection holds memory for input only while a frame of it is incomplete;
 *  - a broadcast is one shared, counted frame; a subscriber costs a pointer in a queue that exists only while something
 *    is queued, so an idle connection costs 24 bytes here, 4 as subscriber and up to 12 of list space;
 *  - what is queued for a connection in one turn of the loop leaves in one system call, after all ready input: with four
 *    messages in flight that is 0.25 calls per delivery instead of 1;
 *  - an answer to the sender goes out of the receive buffer, without a copy, once its input is handled.
 *
 * Slow consumers: what the kernel does not take stays queued, by reference; nobody waits for it. A connection with more
 * than MAX_QUEUED bytes queued is closed. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
    HEADER = 4,
    MAX_PAYLOAD = 1 << 20,
    MAX_QUEUED = 16 << 20,
    FLUSH_EARLY = 256 << 10,  /* a turn that queues more than this for one connection sends before its end */
    RECEIVE = 64 << 10,
    EVENTS = 512,
    ACCEPTS = 256,            /* per turn, so that a storm does not stop the traffic */
    ROUNDS = 8,               /* per turn, so that a flood does not put the flush off for ever */
    GATHER = 64,
    SMALL_QUEUE = 5,          /* fills 64 bytes, one cache line; such queues are kept for reuse */
    BACKLOG = 4096,
};

struct frame {
    uint32_t references;
    uint32_t size;
    unsigned char bytes[];
};

/* A ring of frames; `offset` bytes of the first are sent, `bytes` in all are not. */
struct queue {
    uint32_t first, count, capacity, offset, bytes, unused;
    union {
        struct frame *frames[SMALL_QUEUE];
        struct queue *next;
    };
};

enum { DIRTY = 1, BLOCKED = 2, AGAIN = 4, DEAD = 8 };

struct connection {
    struct queue *queue;      /* null while nothing is queued */
    struct frame *partial;    /* null between frames; its size is what is known to be needed */
    uint32_t filled : 24;     /* bytes of the partial frame */
    uint32_t flags : 8;
    uint32_t subscriber;      /* place in the list of subscribers, plus one */
};

/* A list of descriptors; has room for every possible member, of which only the used pages are resident. */
struct list {
    uint32_t count;
    int32_t *items;
};

static struct connection *connections;
static uint32_t capacity;
static struct list subscribers, dirty, again, dead;
static struct queue *spare_queues;
static unsigned char receive_buffer[RECEIVE];
static int poller, listener, reserve;
static bool coalesce = true;

#ifdef TLS
#include "tls.h"
#else
static const char *const name = "limit";
static void tls_start(int argc, char **argv) { (void)argc, (void)argv; }
static bool tls_open(int fd) { return fd >= 0; }
static void tls_close(int fd) { (void)fd; }

static ssize_t read_some(int fd, struct iovec *parts, int count) {
    return count == 1 ? recv(fd, parts->iov_base, parts->iov_len, 0) : readv(fd, parts, count);
}

static ssize_t write_some(int fd, struct iovec *parts, size_t count, size_t size) {
    struct msghdr message = { .msg_iov = parts, .msg_iovlen = count };
    return count == 1 ? send(fd, parts->iov_base, size, MSG_NOSIGNAL) : sendmsg(fd, &message, MSG_NOSIGNAL);
}
#endif

static void *checked(void *memory) {
    if (!memory) {
        perror("limit: memory");
        exit(1);
    }
    return memory;
}

static void add(struct list *list, int fd) { list->items[list->count++] = fd; }

static void mark(int fd, unsigned flag, struct list *list) {
    if (!(connections[fd].flags & flag)) {
        connections[fd].flags |= flag & 0xFF;
        add(list, fd);
    }
}

static void make_room(int fd) {
    if ((uint32_t)fd < capacity) return;
    uint32_t larger = capacity ? capacity * 2 : 1024;
    while (larger <= (uint32_t)fd) larger *= 2;
    connections = checked(realloc(connections, larger * sizeof *connections));
    memset(connections + capacity, 0, (larger - capacity) * sizeof *connections);
    struct list *lists[] = { &subscribers, &dirty, &again, &dead };
    for (int i = 0; i < 4; i++) lists[i]->items = checked(realloc(lists[i]->items, larger * sizeof(int32_t)));
    capacity = larger;
}

/* Frames */

static struct frame *frame_new(const void *bytes, uint32_t known, uint32_t size) {
    struct frame *frame = checked(malloc(sizeof *frame + size));
    frame->references = 1;
    frame->size = size;
    memcpy(frame->bytes, bytes, known);
    return frame;
}

static void frame_release(struct frame *frame) {
    if (--frame->references == 0) free(frame);
}

/* Queues */

static struct queue *queue_new(void) {
    struct queue *queue = spare_queues;
    if (queue) spare_queues = queue->next;
    else queue = checked(malloc(sizeof *queue));
    queue->first = queue->count = queue->offset = queue->bytes = 0;
    queue->capacity = SMALL_QUEUE;
    return queue;
}

static void queue_release(struct queue *queue) {
    if (queue->capacity != SMALL_QUEUE) {
        free(queue);
        return;
    }
    queue->next = spare_queues;
    spare_queues = queue;
}

static struct frame **queue_at(struct queue *queue, uint32_t index) {
    uint32_t place = queue->first + index;
    return &queue->frames[place < queue->capacity ? place : place - queue->capacity];
}

static struct queue *queue_grow(struct queue *queue) {
    uint32_t larger = queue->capacity * 2;
    struct queue *grown = checked(malloc(sizeof *grown + (larger - SMALL_QUEUE) * sizeof(struct frame *)));
    *grown = *queue;
    for (uint32_t i = 0; i < queue->count; i++) grown->frames[i] = *queue_at(queue, i);
    grown->first = 0;
    grown->capacity = larger;
    queue_release(queue);
    return grown;
}

static void queue_consume(struct connection *connection, size_t sent) {
    struct queue *queue = connection->queue;
    queue->bytes -= (uint32_t)sent;
    sent += queue->offset;
    while (queue->count && (*queue_at(queue, 0))->size <= sent) {
        struct frame *frame = *queue_at(queue, 0);
        sent -= frame->size;
        frame_release(frame);
        if (++queue->first == queue->capacity) queue->first = 0;
        queue->count--;
    }
    queue->offset = (uint32_t)sent;
    if (queue->count) return;
    queue_release(queue);
    connection->queue = NULL;
}

/* Output */

/* How many of the bytes the kernel takes now. A short count means that its buffer is full: an edge announces room. */
static size_t transmit(int fd, struct iovec *parts, size_t count, size_t size) {
    ssize_t sent;
    do sent = write_some(fd, parts, count, size);
    while (sent < 0 && errno == EINTR);
    if (sent < 0 && errno != EAGAIN) mark(fd, DEAD, &dead);
    else if (sent < (ssize_t)size) connections[fd].flags |= BLOCKED;
    return sent < 0 ? 0 : (size_t)sent;
}

static void flush(int fd) {
    struct connection *connection = &connections[fd];
    while (connection->queue && !(connection->flags & BLOCKED)) {
        struct queue *queue = connection->queue;
        struct iovec parts[GATHER];
        size_t count = 0, size = 0;
        for (; count < queue->count && count < GATHER; count++) {
            struct frame *frame = *queue_at(queue, (uint32_t)count);
            uint32_t skip = count ? 0 : queue->offset;
            parts[count] = (struct iovec){ frame->bytes + skip, frame->size - skip };
            size += frame->size - skip;
        }
        size_t sent = transmit(fd, parts, count, size);
        if (!sent) return;
        queue_consume(connection, sent);
    }
}

static void enqueue(int fd, struct frame *frame) {
    struct connection *connection = &connections[fd];
    if (connection->flags & DEAD) return;
    struct queue *queue = connection->queue;
    if (!queue) queue = connection->queue = queue_new();
    else if (queue->bytes > MAX_QUEUED) {
        mark(fd, DEAD, &dead);
        return;
    } else if (queue->count == queue->capacity) queue = connection->queue = queue_grow(queue);
    frame->references++;
    *queue_at(queue, queue->count++) = frame;
    queue->bytes += frame->size;
    if (!coalesce || queue->bytes > FLUSH_EARLY) flush(fd);
    else if (!(connection->flags & BLOCKED)) mark(fd, DIRTY, &dirty);
}

/* Answers of one read that lie side by side go straight from where they were received; the rest is kept. */
static void answer(int fd, unsigned char *bytes, size_t size) {
    struct connection *connection = &connections[fd];
    if (!size || connection->flags & DEAD) return;
    size_t sent = 0;
    if (!connection->queue) sent = transmit(fd, &(struct iovec){ bytes, size }, 1, size);
    if (sent == size || connection->flags & DEAD) return;
    struct frame *rest = frame_new(bytes + sent, (uint32_t)(size - sent), (uint32_t)(size - sent));
    enqueue(fd, rest);
    frame_release(rest);
}

static void publish(int sender, struct frame *frame) {
    for (uint32_t i = 0; i < subscribers.count; i++)
        if (subscribers.items[i] != sender) enqueue(subscribers.items[i], frame);
}

/* Input */

static void subscribe(int fd) {
    if (connections[fd].subscriber) return;
    add(&subscribers, fd);
    connections[fd].subscriber = subscribers.count;
}

static uint32_t payload_size(const unsigned char *header) {
    return (uint32_t)header[0] << 24 | (uint32_t)header[1] << 16 | (uint32_t)header[2] << 8 | header[3];
}

static bool allowed(uint32_t payload) { return payload != 0 && payload <= MAX_PAYLOAD; }

/* The frames in a stretch of the receive buffer; what is left of the last becomes the partial frame. */
static void parse(int fd, unsigned char *bytes, size_t size) {
    unsigned char *answers = bytes;
    size_t answered = 0, needed = HEADER;
    while (size >= HEADER) {
        uint32_t payload = payload_size(bytes);
        if (!allowed(payload)) goto malformed;
        needed = HEADER + payload;
        if (size < needed) break;
        unsigned char type = bytes[HEADER];
        if (type == 'S' || type == 'E') {
            if (type == 'S') subscribe(fd);
            if (!answered) answers = bytes;
            answered += needed;
        }
        if (answered && (!coalesce || type == 'P')) {
            answer(fd, answers, answered);
            answered = 0;
        }
        if (type == 'P') {
            struct frame *frame = frame_new(bytes, (uint32_t)needed, (uint32_t)needed);
            publish(fd, frame);
            frame_release(frame);
        } else if (type != 'S' && type != 'E') goto malformed;
        bytes += needed;
        size -= needed;
        needed = HEADER;
    }
    answer(fd, answers, answered);
    if (size) {
        connections[fd].partial = frame_new(bytes, (uint32_t)size, (uint32_t)needed);
        connections[fd].filled = (uint32_t)size & 0xFFFFFF;
    }
    return;
malformed:
    answer(fd, answers, answered);
    mark(fd, DEAD, &dead);
}

/* The partial frame is full: it is a header, which says how much is needed, or a whole frame. */
static void complete(int fd) {
    struct connection *connection = &connections[fd];
    struct frame *frame = connection->partial;
    if (frame->size == HEADER) {
        uint32_t payload = payload_size(frame->bytes);
        if (!allowed(payload)) {
            mark(fd, DEAD, &dead);
            return;
        }
        connection->partial = checked(realloc(frame, sizeof *frame + HEADER + payload));
        connection->partial->size = HEADER + payload;
        return;
    }
    connection->partial = NULL;
    switch (frame->bytes[HEADER]) {
        case 'S': subscribe(fd); enqueue(fd, frame); break;
        case 'E': enqueue(fd, frame); break;
        case 'P': publish(fd, frame); break;
        default: mark(fd, DEAD, &dead); break;
    }
    frame_release(frame);
}

/* One read: false when the connection has no more for now. */
static bool receive(int fd) {
    struct connection *connection = &connections[fd];
    struct frame *partial = connection->partial;
    size_t missing = partial ? partial->size - connection->filled : 0;
    struct iovec parts[] = {
        { partial ? partial->bytes + connection->filled : NULL, missing },
        { receive_buffer, RECEIVE },
    };
    ssize_t received = partial ? read_some(fd, parts, 2) : read_some(fd, parts + 1, 1);
    if (received < 0 && errno == EINTR) return true;
    if (received < 0 && errno == EAGAIN) return false;
    if (received <= 0) {
        mark(fd, DEAD, &dead);
        return false;
    }
    size_t taken = (size_t)received < missing ? (size_t)received : missing;
    connection->filled = (connection->filled + (uint32_t)taken) & 0xFFFFFF;
    unsigned char *rest = receive_buffer;
    size_t size = (size_t)received - taken;
    while (connection->partial && connection->filled == connection->partial->size && !(connection->flags & DEAD)) {
        complete(fd);
        if (!connection->partial || !size) break;
        /* The header was completed: the payload behind it is in the receive buffer. */
        size_t more = connection->partial->size - connection->filled;
        if (more > size) more = size;
        memcpy(connection->partial->bytes + connection->filled, rest, more);
        connection->filled = (connection->filled + (uint32_t)more) & 0xFFFFFF;
        rest += more;
        size -= more;
    }
    if (size && !(connection->flags & DEAD)) parse(fd, rest, size);
    return (size_t)received == missing + RECEIVE && !(connection->flags & DEAD);
}

/* Connections */

static void close_connection(int fd) {
    struct connection *connection = &connections[fd];
    if (connection->subscriber) {
        int last = subscribers.items[--subscribers.count];
        subscribers.items[connection->subscriber - 1] = last;
        connections[last].subscriber = connection->subscriber;
    }
    if (connection->queue) {
        struct queue *queue = connection->queue;
        for (uint32_t i = 0; i < queue->count; i++) frame_release(*queue_at(queue, i));
        queue_release(queue);
    }
    if (connection->partial) frame_release(connection->partial);
    *connection = (struct connection){ 0 };
    tls_close(fd);
    close(fd);
}

static void accept_ready(void) {
    for (int i = 0; i < ACCEPTS; i++) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0 && (errno == EMFILE || errno == ENFILE) && reserve >= 0) {
            /* Without a descriptor the caller would wait for ever: lend it the reserve, to close it. */
            close(reserve);
            fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
            if (fd >= 0) close(fd);
            reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
            continue;
        }
        if (fd < 0 && (errno == ECONNABORTED || errno == EINTR)) continue;
        if (fd < 0) return;
        make_room(fd);
        struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.fd = fd };
        if (!tls_open(fd)) {
            close(fd);
        } else if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) < 0) {
            tls_close(fd);
            close(fd);
        }
    }
}

static void handle(int fd, uint32_t events) {
    struct connection *connection = &connections[fd];
    if (events & EPOLLOUT && connection->flags & BLOCKED) {
        connection->flags &= ~(unsigned)BLOCKED & 0xFF;
        flush(fd);
    }
    if (!(events & ~(uint32_t)EPOLLOUT) || connection->flags & DEAD) return;
    bool more = receive(fd);
    /* A short read has emptied the socket, but for an end that was announced together with it. */
    if ((more || events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) && !(connection->flags & DEAD)) mark(fd, AGAIN, &again);
}

/* Connections that had more than one buffer holds are read on, once per turn; the list is rebuilt in place. */
static void resume(void) {
    uint32_t count = again.count;
    again.count = 0;
    for (uint32_t i = 0; i < count; i++) {
        int fd = again.items[i];
        if (!(connections[fd].flags & AGAIN)) continue;
        connections[fd].flags &= ~(unsigned)AGAIN & 0xFF;
        if (!(connections[fd].flags & DEAD) && receive(fd)) mark(fd, AGAIN, &again);
    }
}

/* Handles what is ready; false when nothing was. */
static bool handle_ready(int timeout) {
    static struct epoll_event events[EVENTS];
    int count = epoll_wait(poller, events, EVENTS, timeout);
    for (int i = 0; i < count; i++) {
        if (events[i].data.fd == listener) accept_ready();
        else handle(events[i].data.fd, events[i].events);
    }
    return count > 0;
}

/* While there is something to flush, input that arrived meanwhile is handled first: what it queues leaves with it.
 * Descriptors are closed last, so that within a turn a number means one connection. */
static void turn(void) {
    bool more = again.count;
    resume();
    bool ready = handle_ready(more ? 0 : -1);
    for (int i = 0; i < ROUNDS && ready && dirty.count; i++) ready = handle_ready(0);
    for (uint32_t i = 0; i < dirty.count; i++) {
        connections[dirty.items[i]].flags &= ~(unsigned)DIRTY & 0xFF;
        flush(dirty.items[i]);
    }
    dirty.count = 0;
    for (uint32_t i = 0; i < dead.count; i++) close_connection(dead.items[i]);
    dead.count = 0;
}

static int fail(const char *what) {
    fprintf(stderr, "limit: %s: %s\n", what, strerror(errno));
    return 1;
}

int main(int argc, char **argv) {
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (!strcmp(argv[i], "--port")) address.sin_port = htons((uint16_t)atoi(argv[i + 1]));
        else if (!strcmp(argv[i], "--coalesce")) coalesce = atoi(argv[i + 1]) != 0;
    }
    struct rlimit descriptors;
    if (!getrlimit(RLIMIT_NOFILE, &descriptors)) {
        descriptors.rlim_cur = descriptors.rlim_max;
        setrlimit(RLIMIT_NOFILE, &descriptors);
    }
    int on = 1;
    listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener < 0) return fail("socket");
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* accepted sockets inherit it */
    if (bind(listener, (struct sockaddr *)&address, size) < 0) return fail("bind");
    if (listen(listener, BACKLOG) < 0) return fail("listen");
    getsockname(listener, (struct sockaddr *)&address, &size);
    reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
    poller = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = { .events = EPOLLIN, .data.fd = listener };
    if (poller < 0 || epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event) < 0) return fail("epoll");
    make_room(poller);
    tls_start(argc, argv);
    printf("%s on 127.0.0.1:%d, coalesce %d\n", name, ntohs(address.sin_port), coalesce);
    fflush(stdout);
    for (;;) turn();
}
