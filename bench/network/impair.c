// A long, bad line between two network namespaces: a tun device in each, named "line", and this program between them,
// which hands every IP packet on after a delay, or drops it. The kernels at both ends do the rest as on any such line:
// they see real segments of at most the devices' MTU, real losses and real round trips.
//   impair DELAY_MS LOSS_PERCENT NAMESPACE NAMESPACE
// Prints a line when the devices are there; needs root, and ends, with what it counted, on SIGTERM.
// Modelled: a constant delay and independent losses, both ways, the same ones every time. Not modelled: a rate, jitter,
// reordering, and bursts of losses.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum {
    MOST_PACKETS = 1 << 14, // on their way in one direction; at 20 ms these are 800,000 packets a second
    MOST_BYTES = 1 << 11,   // of a packet, above the MTU of 1,500
    BATCH = 64,             // packets read from one end before the other has its turn
};

struct packet {
    int64_t due;
    int length;
    uint8_t bytes[MOST_BYTES];
};

struct direction {
    int from;
    int to;
    uint32_t head; // the next packet to deliver
    uint32_t tail; // the next free place
    uint64_t delivered, lost, overrun;
    struct packet packets[MOST_PACKETS];
};

static struct direction directions[2];
static volatile sig_atomic_t stopping;

static void stop(int signal) {
    (void)signal;
    stopping = 1;
}

static void die(const char *what) {
    fprintf(stderr, "impair: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

// xorshift64* (Vigna, 2016), seeded by a constant: every run loses the same packets of the sequence.
static double uniform(void) {
    static uint64_t state = 88172645463325252u;
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (double)((state * 2685821657736338717u) >> 11) / (double)(1ull << 53);
}

static int open_device(const char *name) {
    char path[256];
    snprintf(path, sizeof path, "/var/run/netns/%s", name);
    int space = open(path, O_RDONLY | O_CLOEXEC);
    if (space < 0 || setns(space, CLONE_NEWNET) < 0)
        die(path);
    close(space);
    int device = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    strcpy(request.ifr_name, "line");
    if (device < 0 || ioctl(device, TUNSETIFF, &request) < 0)
        die("/dev/net/tun");
    return device;
}

static void take(struct direction *one, int64_t delay, double loss) {
    for (int i = 0; i < BATCH; i++) {
        struct packet *packet = &one->packets[one->tail % MOST_PACKETS];
        bool full = one->tail - one->head == MOST_PACKETS;
        uint8_t dropped[MOST_BYTES];
        ssize_t length = read(one->from, full ? dropped : packet->bytes, MOST_BYTES);
        if (length <= 0)
            return;
        if (full) {
            one->overrun++;
        } else if (uniform() < loss) {
            one->lost++;
        } else {
            packet->due = now() + delay;
            packet->length = (int)length;
            one->tail++;
        }
    }
}

static void deliver(struct direction *one) {
    for (int64_t time = now(); one->head != one->tail; one->head++) {
        struct packet *packet = &one->packets[one->head % MOST_PACKETS];
        if (packet->due > time)
            return;
        if (write(one->to, packet->bytes, (size_t)packet->length) == packet->length)
            one->delivered++;
        else
            one->overrun++;
    }
}

// Until the first packet is due, if any is on its way.
static struct timespec *until_due(struct timespec *wait) {
    int64_t first = INT64_MAX;
    for (int i = 0; i < 2; i++) {
        struct direction *one = &directions[i];
        int64_t due = one->head == one->tail ? INT64_MAX : one->packets[one->head % MOST_PACKETS].due;
        first = due < first ? due : first;
    }
    if (first == INT64_MAX)
        return NULL;
    int64_t left = first - now();
    left = left < 0 ? 0 : left;
    *wait = (struct timespec){left / 1000000000, left % 1000000000};
    return wait;
}

int main(int count, char **arguments) {
    double delay = count == 5 ? atof(arguments[1]) : 0;
    double loss = count == 5 ? atof(arguments[2]) / 100 : 0;
    if (count != 5 || delay < 0 || loss < 0 || loss > 1) {
        fprintf(stderr, "usage: impair DELAY_MS LOSS_PERCENT NAMESPACE NAMESPACE\n");
        return 2;
    }
    sigset_t none;
    sigset_t term;
    sigemptyset(&none);
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    // Blocked but while waiting, so that it is never missed between the question and the wait.
    sigprocmask(SIG_BLOCK, &term, NULL);
    struct sigaction action = {.sa_handler = stop};
    sigaction(SIGTERM, &action, NULL);

    directions[0].from = directions[1].to = open_device(arguments[3]);
    directions[0].to = directions[1].from = open_device(arguments[4]);
    printf("impair on line: %g ms, %g %% lost\n", delay, 100 * loss);
    fflush(stdout);
    while (!stopping) {
        struct pollfd ends[2] = {
            {.fd = directions[0].from, .events = POLLIN},
            {.fd = directions[1].from, .events = POLLIN},
        };
        struct timespec wait;
        if (ppoll(ends, 2, until_due(&wait), &none) < 0 && errno != EINTR)
            die("ppoll");
        for (int i = 0; i < 2; i++) {
            take(&directions[i], (int64_t)(delay * 1e6), loss);
            deliver(&directions[i]);
        }
    }
    for (int i = 0; i < 2; i++) {
        printf("from %s: delivered %llu, lost %llu, overrun %llu\n", arguments[3 + i],
            (unsigned long long)directions[i].delivered, (unsigned long long)directions[i].lost,
            (unsigned long long)directions[i].overrun);
    }
    return 0;
}
